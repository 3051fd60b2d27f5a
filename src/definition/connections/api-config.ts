// API access: the settings of millrace.yaml, and the same with variables resolved.

import { Failure } from '../../core/failure.ts';
import { joined, value } from '../../core/message.ts';
import type { ApiFile } from '../files/api-file.ts';
import { EXAMPLE, variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import type { KeyPath, Problem } from '../yaml/problem.ts';
import { isMap, type YamlFile } from '../yaml/yaml-file.ts';
import { type Environment, variable } from './environment.ts';

export type ApiRole = 'read' | 'push' | 'operate';

/** `views` are names or `tag:NAME`; null for all. */
export type ApiTokenScope = { readonly role: ApiRole; readonly views: readonly string[] | null };

export type ApiLimits = {
  readonly bodyBytes: number;
  /** In one push. */
  readonly rows: number;
  /** For each token and process. */
  readonly requestsPerSecond: number;
  /** Of one view, waiting to be stored. */
  readonly inboxRows: number;
};

/** Files, relative to millrace.yaml. */
export type ApiTls = { readonly cert: string; readonly key: string };

export type ApiConfig = {
  /** By name. The hash is a variable. */
  readonly tokens: Readonly<Record<string, ApiTokenScope & { readonly hash: UrlText }>>;
  readonly limits: ApiLimits;
  readonly tls: ApiTls | null;
};

/** The settings that requests are checked against. */
export type ApiAccess = Omit<ApiConfig, 'tokens'> & {
  /** By name. `hash` is the value of the variable. */
  readonly tokens: Readonly<Record<string, ApiTokenScope & { readonly hash: string }>>;
};

export const DEFAULT_API_LIMITS: ApiLimits = {
  bodyBytes: 8 * 1_048_576,
  rows: 100_000,
  requestsPerSecond: 500,
  inboxRows: 1_000_000,
};

export const NO_TOKENS: ApiAccess = { tokens: {}, limits: DEFAULT_API_LIMITS, tls: null };

export function parseApi(
  { tokens, limits, tls }: ApiFile,
  textAt: (text: string, path: KeyPath) => UrlText,
): ApiConfig {
  const named = Object.entries(tokens).map(([name, { hash, role, views }]) => [
    name,
    { hash: textAt(hash, ['api', 'tokens', name, 'hash']), role, views: views ?? null },
  ]);
  return {
    tokens: Object.fromEntries(named),
    limits: {
      bodyBytes: bytesOf(limits.body),
      rows: limits.rows,
      requestsPerSecond: limits.requests_per_second,
      inboxRows: limits.inbox_rows,
    },
    tls: tls ?? null,
  };
}

/** The bytes of `512kb` or `8mb`. */
function bytesOf(size: string): number {
  return Number.parseInt(size, 10) * (size.endsWith('kb') ? 1_024 : 1_048_576);
}

/** Rules that the schema cannot express: hashes are variables. */
export function apiProblems(yaml: YamlFile): Problem[] {
  const api = yaml.value['api'];
  const tokens = isMap(api) ? api['tokens'] : null;
  if (!isMap(tokens)) return [];
  return Object.entries(tokens).flatMap(([name, token]) => {
    const path = ['api', 'tokens', name, 'hash'];
    const wrong = hashWrong(isMap(token) ? token['hash'] : null);
    return wrong === null ? [] : [yaml.problemAt(path, `\`${path.join('.')}\`: ${wrong}`)];
  });
}

function hashWrong(hash: unknown): string | null {
  if (typeof hash !== 'string' || hash.trim() === '') return null;
  const [name, ...more] = variablesOf(hash);
  if (more.length === 0 && hash === `\${${name}}`) return null;
  return `expected one variable such as ${EXAMPLE} that contains a hash printed by "millrace api token"`;
}

/** Resolves the variables. @throws Failure ENVIRONMENT_MISSING that names each variable that is not set. */
export async function resolveApi(config: ApiConfig | undefined, env: Environment): Promise<ApiAccess> {
  if (config === undefined) return NO_TOKENS;
  const tokens: [string, ApiAccess['tokens'][string]][] = [];
  const missing: string[] = [];
  for (const [name, { hash: written, ...scope }] of Object.entries(config.tokens)) {
    const wanted = variablesOf(written.text)[0] ?? '';
    const hash = await variable(env, wanted);
    if (hash === null) missing.push(missingSentence(wanted, written));
    tokens.push([name, { ...scope, hash: hash ?? '' }]);
  }
  if (missing.length > 0) throw new Failure('ENVIRONMENT_MISSING', joined(missing.map(value), '\n'));
  return { ...config, tokens: Object.fromEntries(tokens) };
}

function missingSentence(name: string, { file, line }: UrlText): string {
  return `The variable ${name} (${file}:${line}) is not set. Set it to the hash printed by "millrace api token".`;
}
