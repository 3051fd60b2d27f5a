// Alert targets, with their variables resolved. Only processes that send alerts need these variables.

import { Failure } from '../../core/failure.ts';
import type { AlertFormat, AlertsConfig } from '../alert.ts';
import { variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import { requireVariables } from './connections.ts';
import { type Environment, variable } from './environment.ts';

export type AlertTarget = {
  readonly name: string;
  /** `http:` or `https:`. Webhook addresses are secrets. */
  readonly url: URL;
  readonly secret: string | null;
  readonly format: AlertFormat;
};

/** All targets of a project, or those named. @throws Failure ENVIRONMENT_MISSING */
export async function resolveAlertTargets(
  { to }: AlertsConfig,
  env: Environment,
  names: readonly string[] = Object.keys(to),
): Promise<AlertTarget[]> {
  const wanted = Object.entries(to).filter(([name]) => names.includes(name));
  const texts = wanted.flatMap(([, { url, secret }]) => (secret === null ? [url] : [url, secret]));
  await requireVariables(texts, env);
  const targets: AlertTarget[] = [];
  for (const [name, { url, secret, format }] of wanted) {
    const filled = secret === null ? null : await fill(secret, env);
    targets.push({ name, url: await webAddress(url, env), secret: filled, format });
  }
  return targets;
}

async function webAddress(text: UrlText, env: Environment): Promise<URL> {
  const filled = await fill(text, env);
  const url = URL.canParse(filled) ? new URL(filled) : null;
  const isWeb = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (isWeb) return url;
  throw new Failure(
    'ENVIRONMENT_MISSING',
    `The value of ${variablesOf(text.text).join(' and ')} (${text.file}:${text.line}) is not a webhook address; expected one that starts with https:// or http:// and has no user or password.`,
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
