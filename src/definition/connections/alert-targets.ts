// Whom alerts are sent to, with variables filled in: only who sends them needs those.

import { Failure } from '../../core/failure.ts';
import type { AlertFormat, AlertsConfig } from '../alert.ts';
import { variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import { requireVariables } from './connections.ts';
import { type Environment, variable } from './environment.ts';

export type AlertTarget = {
  readonly name: string;
  /** `http:` or `https:`. A secret, as the addresses of webhooks are. */
  readonly url: URL;
  readonly secret: string | null;
  readonly format: AlertFormat;
};

/** The targets of a project, or those of the names. @throws Failure ENVIRONMENT_MISSING */
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
    `${variablesOf(text.text).join(' and ')} (${text.file}:${text.line}) gives no address of a webhook; expected one that starts with https:// or http://, without a user or password in it.`,
    { file: text.file },
  );
}

/** What a variable holds is taken as it is: nothing in it is filled in again. */
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
