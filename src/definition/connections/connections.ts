// The project's connections, with their variables resolved.

import { Failure, type FailureCode } from '../../core/failure.ts';
import { joined, text, value } from '../../core/message.ts';
import { passwordCutOff, withoutSecrets } from '../../core/url.ts';
import type { HeaderTexts, ProjectConfig, SourceLimits, SpoolConfig } from '../config.ts';
import { variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import { accountVariableNames, accountVariables } from './account-variables.ts';
import { type Environment, isInFile, unreadEnvFile, variable } from './environment.ts';
import { resolveHeaders } from './headers.ts';
import { redisUrl } from './redis-url.ts';
import { serverAddress } from './server-url.ts';

/** The URL and account of a connection, read again: passwords and keys in files (NAME_FILE) can change while a process runs. */
export type Renewed = {
  readonly url: string;
  readonly account?: Environment;
  readonly headers?: Readonly<Record<string, string>>;
};

export type SourceConnection = SourceLimits & {
  readonly url: string;
  /** Present if the credentials come from a file. */
  readonly renewed?: () => Promise<Renewed>;
  /** For object stores: the account variables of the environment (account-variables.ts). */
  readonly account?: Environment;
  /** For HTTP: the headers of each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For Postgres: a cursor is read instead of COPY. */
  readonly readWith?: 'cursor';
  /** The source that is read while this one is unavailable. */
  readonly fallback?: string;
};

export type Connections = {
  readonly offline: { readonly url: string; readonly renewed?: () => Promise<Renewed> };
  readonly online: {
    readonly url: string;
    readonly prefix: string;
    readonly renewed?: () => Promise<Renewed>;
    /** How many rows a process may write per second; unlimited without it. */
    readonly rowsPerSecond?: number;
  };
  readonly queue: { readonly url: string; readonly prefix: string };
  readonly sources: Readonly<Record<string, SourceConnection>>;
  /** Sources with an invalid URL, and why. Only their views cannot run. */
  readonly invalidSources?: ReadonlyMap<string, Failure>;
  /** Default: the temporary folder of the machine, with the default limit. */
  readonly spool?: SpoolConfig;
};

/**
 * All connections of the project. A source with an invalid URL does not stop the views of other sources.
 *
 * @throws Failure ENVIRONMENT_MISSING that names each variable that is not set, or for an invalid URL of a store.
 */
export async function resolveConnections(config: ProjectConfig, env: Environment): Promise<Connections> {
  const texts = [config.offline, config.online, config.queue, ...Object.values(config.sources)].map(({ url }) => url);
  const headers = Object.values(config.sources).flatMap((source) => Object.values(source.headers ?? {}));
  await requireVariables([...texts, ...headers], env);
  const sources: [string, SourceConnection][] = [];
  const invalidSources = new Map<string, Failure>();
  for (const [name, { headers: written, ...source }] of Object.entries(config.sources)) {
    const url = await orFailure(async () => requireServerUrl(await resolveUrl(source.url, env), `source ${name}`));
    if (url instanceof Failure) {
      invalidSources.set(name, url);
      continue;
    }
    const account = await accountVariables(url, env);
    const known = await resolveHeaders(written, env);
    const secrets = { ...(account === null ? {} : { account }), ...(known === null ? {} : { headers: known }) };
    sources.push([
      name,
      { ...source, url, ...renewing({ url: source.url, headers: written }, env, 'SOURCE_CREDENTIALS'), ...secrets },
    ]);
  }
  return {
    offline: {
      url: requireServerUrl(await resolveUrl(config.offline.url, env), 'The offline store'),
      ...renewing(config.offline, env, 'OFFLINE_UNAVAILABLE'),
    },
    online: {
      ...config.online,
      url: requireServerUrl(await resolveUrl(config.online.url, env), 'The online store'),
      ...renewing(config.online, env, 'ONLINE_UNAVAILABLE'),
    },
    queue: { ...config.queue, url: requireServerUrl(await resolveUrl(config.queue.url, env), 'The queue') },
    sources: Object.fromEntries(sources),
    ...(invalidSources.size === 0 ? {} : { invalidSources }),
    spool: { ...config.spool, folder: (await variable(env, 'MILLRACE_SPOOL_DIR')) ?? config.spool.folder },
  };
}

async function orFailure<T>(work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/**
 * One URL with its variables resolved. The value of a user or password variable is literal: characters that a URL cannot
 * hold there are escaped. @throws Failure ENVIRONMENT_MISSING if a variable is not set or the result is not a URL.
 */
export async function resolveUrl(url: UrlText, env: Environment): Promise<string> {
  await requireVariables([url], env);
  let rest = url.text;
  let resolved = '';
  for (const name of variablesOf(url.text)) {
    const mark = `\${${name}}`;
    const at = rest.indexOf(mark);
    resolved += rest.slice(0, at);
    rest = rest.slice(at + mark.length);
    const value = (await variable(env, name)) ?? '';
    const isUserinfo = /^[a-z0-9+.-]+:\/\/[^/?#]*$/i.test(resolved) && /^[^/?#]*@/.test(rest);
    resolved += isUserinfo ? encodeURIComponent(value) : value;
  }
  return requireUrl(resolved + rest, url);
}

/**
 * How to read the URL and the account again, if part of them is in a file. A file that is missing or empty is about to be
 * written: it fails with `code`, after which the work is retried.
 */
function renewing(
  { url, headers: written }: { readonly url: UrlText; readonly headers?: HeaderTexts | undefined },
  env: Environment,
  code: FailureCode,
): { readonly renewed?: () => Promise<Renewed> } {
  const texts = [url, ...Object.values(written ?? {})].flatMap(({ text }) => variablesOf(text));
  if (![...texts, ...accountVariableNames(url.text)].some((name) => isInFile(env, name))) return {};
  return {
    renewed: async () => {
      const renewed = await orFailure(async () => {
        const resolved = await resolveUrl(url, env);
        const account = await accountVariables(resolved, env);
        await requireVariables(Object.values(written ?? {}), env);
        const headers = await resolveHeaders(written, env);
        const secrets = { ...(account === null ? {} : { account }), ...(headers === null ? {} : { headers }) };
        return { url: resolved, ...secrets };
      });
      if (!(renewed instanceof Failure)) return renewed;
      const what = text`${renewed.parts} The next attempt will read the file again.`;
      throw new Failure(code, what, renewed.facts, renewed);
    },
  };
}

/** Checks the URL of a database server before anything uses it. @throws Failure DEFINITION_INVALID */
function requireServerUrl(url: string, what: string): string {
  const label = `${what} (${withoutSecrets(url)})`;
  serverAddress(url, label);
  return redisUrl(url, label);
}

function requireUrl(resolved: string, url: UrlText): string {
  const cut = passwordCutOff(resolved);
  if (cut !== null) {
    const sentence = `The URL at ${url.file}:${url.line} cannot be parsed: ${cut}.`;
    throw new Failure('ENVIRONMENT_MISSING', sentence, { file: url.file });
  }
  if (/^[a-z][a-z0-9+.-]*:./i.test(resolved)) return resolved;
  const names = variablesOf(url.text).join(' and ');
  const expected = 'expected a URL with a scheme, such as postgres://user@host/database';
  throw new Failure(
    'ENVIRONMENT_MISSING',
    `The value of ${names} (${url.file}:${url.line}) is not a URL; ${expected}.`,
    {
      file: url.file,
    },
  );
}

/** @throws Failure ENVIRONMENT_MISSING that names each variable of the URLs that is not set. */
export async function requireVariables(urls: readonly UrlText[], env: Environment): Promise<void> {
  const missing = new Map<string, UrlText>();
  for (const url of urls) {
    for (const name of variablesOf(url.text)) {
      if (!missing.has(name) && (await variable(env, name)) === null) missing.set(name, url);
    }
  }
  if (missing.size === 0) return;
  const sentences = [...missing].map(
    ([name, { file, line }]) =>
      `The variable ${name} (${file}:${line}) is not set. Export it, add it to the .env file next to ${file}, or set ${name}_FILE to the path of a file that contains it.`,
  );
  const unread = unreadEnvFile(env);
  if (unread !== null) sentences.push(unread);
  throw new Failure('ENVIRONMENT_MISSING', joined(sentences.map(value), '\n'), {
    variables: [...missing.keys()].join(', '),
  });
}
