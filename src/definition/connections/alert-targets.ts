// Alert targets, with their variables resolved. Only processes that send alerts need these variables.

import { Failure } from '../../core/failure.ts';
import type { AlertFormat, AlertsConfig, AlertTargetConfig } from '../alert.ts';
import { variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import { requireVariables } from './connections.ts';
import { type Environment, isInFile, variable } from './environment.ts';
import { type MailServer, parseMailServer } from './smtp-url.ts';

/** Present if a secret of the target is in a file: the target with its current content. */
type Renewable = { readonly renewed?: () => Promise<AlertTarget> };

export type WebTarget = Renewable & {
  readonly name: string;
  /** `http:` or `https:`. Webhook addresses are secrets. */
  readonly url: URL;
  readonly secret: string | null;
  readonly format: AlertFormat;
};

export type EmailTarget = Renewable & {
  readonly name: string;
  readonly format: 'email';
  readonly server: MailServer;
  readonly from: string;
  readonly to: readonly string[];
};

export type AlertTarget = WebTarget | EmailTarget;

/** All targets of a project, or those named. @throws Failure ENVIRONMENT_MISSING */
export async function resolveAlertTargets(
  { to }: AlertsConfig,
  env: Environment,
  names: readonly string[] = Object.keys(to),
): Promise<AlertTarget[]> {
  const wanted = Object.entries(to).filter(([name]) => names.includes(name));
  const texts = wanted.flatMap(([, config]) => textsOf(config));
  await requireVariables(texts, env);
  return await Promise.all(wanted.map(([name, config]) => resolveTarget(name, config, env)));
}

function textsOf(config: AlertTargetConfig): UrlText[] {
  if (config.format === 'email') return [config.smtp];
  return config.secret === null ? [config.url] : [config.url, config.secret];
}

async function resolveTarget(name: string, config: AlertTargetConfig, env: Environment): Promise<AlertTarget> {
  const variables = textsOf(config).flatMap(({ text }) => variablesOf(text));
  const isRenewable = variables.some((variable) => isInFile(env, variable));
  const renewable: Renewable = isRenewable ? { renewed: () => resolveTarget(name, config, env) } : {};
  if (config.format === 'email') {
    const { format, from, to, smtp } = config;
    return { name, format, from, to, server: await mailServer(smtp, env), ...renewable };
  }
  const { url, secret, format } = config;
  const filled = secret === null ? null : await fill(secret, env);
  return { name, url: await webAddress(url, env), secret: filled, format, ...renewable };
}

async function mailServer(text: UrlText, env: Environment): Promise<MailServer> {
  const server = parseMailServer(await fill(text, env));
  if (typeof server !== 'string') return server;
  throw new Failure(
    'ENVIRONMENT_MISSING',
    `The value of ${variablesOf(text.text).join(' and ')} (${text.file}:${text.line}) ${server}.`,
    { file: text.file },
  );
}

async function webAddress(text: UrlText, env: Environment): Promise<URL> {
  const filled = await fill(text, env);
  const url = URL.canParse(filled) ? new URL(filled) : null;
  const isWeb = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (isWeb) return url;
  throw new Failure(
    'ENVIRONMENT_MISSING',
    `The value of ${variablesOf(text.text).join(' and ')} (${text.file}:${text.line}) is not a webhook address; expected a URL that starts with https:// or http:// and has no user name or password.`,
    { file: text.file },
  );
}

/** Variables in the value of a variable are not resolved again. */
async function fill({ text }: UrlText, env: Environment): Promise<string> {
  let rest = text;
  let filled = '';
  for (const name of variablesOf(text)) {
    const mark = `\${${name}}`;
    const at = rest.indexOf(mark);
    filled += rest.slice(0, at) + ((await variable(env, name)) ?? '');
    rest = rest.slice(at + mark.length);
  }
  return filled + rest;
}
