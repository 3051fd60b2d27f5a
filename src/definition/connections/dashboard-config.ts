// Dashboard access: the settings of millrace.yaml, and the same with variables resolved.

import { Failure } from '../../core/failure.ts';
import { joined, value } from '../../core/message.ts';
import type { DashboardFile } from '../files/dashboard-file.ts';
import { proxyAddressWrong, proxyHeaderWrong } from '../rules/proxy-rules.ts';
import { EXAMPLE, variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import type { KeyPath, Problem } from '../yaml/problem.ts';
import { isMap, type YamlFile } from '../yaml/yaml-file.ts';
import { type Environment, variable } from './environment.ts';

export type DashboardRole = 'viewer' | 'operator';

/** A proxy that authenticates users. */
export type DashboardProxy = {
  /** In lower case. */
  readonly header: string;
  /** Addresses, or ranges such as 10.0.0.4/30. */
  readonly from: readonly string[];
  readonly operators: readonly string[];
};

export type DashboardConfig = {
  /** The public address, if it differs from where the dashboard listens: `https://millrace.example.org`. */
  readonly url: string | null;
  /** By name. The password is a variable that contains its hash. */
  readonly users: Readonly<Record<string, { readonly role: DashboardRole; readonly password: UrlText }>>;
  readonly proxy: DashboardProxy | null;
};

/** The settings that logins are checked against. */
export type DashboardLogin = Omit<DashboardConfig, 'users'> & {
  /** By name. `hash` is the value of the variable. */
  readonly users: Readonly<Record<string, { readonly role: DashboardRole; readonly hash: string }>>;
};

export const NO_LOGIN: DashboardLogin = { url: null, users: {}, proxy: null };

export function parseDashboard(
  { url, users, proxy }: DashboardFile,
  textAt: (text: string, path: KeyPath) => UrlText,
): DashboardConfig {
  const named = Object.entries(users).map(([name, { role, password }]) => [
    name,
    { role, password: textAt(password, ['dashboard', 'users', name, 'password']) },
  ]);
  return {
    url: url === undefined ? null : new URL(url).origin,
    users: Object.fromEntries(named),
    proxy: proxy === undefined ? null : { ...proxy, header: proxy.header.toLowerCase() },
  };
}

// Without it, a page of another host name that resolves to the dashboard could act for users who are logged in at the proxy.
const PROXY_ALONE =
  'also needs `dashboard.url`, the public address of the dashboard, such as https://millrace.example.org';

/** Rules that the schema cannot express: passwords are variables, addresses are valid. */
export function dashboardProblems(yaml: YamlFile): Problem[] {
  const dashboard = yaml.value['dashboard'];
  if (!isMap(dashboard)) return [];
  const at = (path: KeyPath, wrong: string | null): Problem[] =>
    wrong === null ? [] : [yaml.problemAt(['dashboard', ...path], `\`${['dashboard', ...path].join('.')}\`: ${wrong}`)];
  const { url, users, proxy } = dashboard;
  const names = isMap(users) ? Object.keys(users) : [];
  const from = isMap(proxy) && Array.isArray(proxy['from']) ? proxy['from'] : [];
  return [
    ...at(['url'], urlWrong(url)),
    ...at(['proxy'], isMap(proxy) && url === undefined ? PROXY_ALONE : null),
    ...names.flatMap((name) => at(['users', name, 'password'], passwordWrong(isMap(users) ? users[name] : null))),
    ...at(['proxy', 'header'], isMap(proxy) ? proxyHeaderWrong(proxy['header']) : null),
    ...from.flatMap((address, index) => at(['proxy', 'from', index], proxyAddressWrong(address))),
  ];
}

function urlWrong(url: unknown): string | null {
  if (typeof url !== 'string' || url.trim() === '') return null;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isOrigin = parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.href === `${parsed.origin}/`;
  return isOrigin ? null : 'expected a URL with a host and no path, such as https://millrace.example.org';
}

function passwordWrong(user: unknown): string | null {
  const password = isMap(user) ? user['password'] : null;
  if (typeof password !== 'string' || password.trim() === '') return null;
  const [name, ...more] = variablesOf(password);
  if (more.length === 0 && password === `\${${name}}`) return null;
  return `expected one variable such as ${EXAMPLE} that contains the output of "millrace dashboard hash"`;
}

/** Resolves the variables. @throws Failure ENVIRONMENT_MISSING that names each variable that is not set. */
export async function resolveDashboard(config: DashboardConfig | undefined, env: Environment): Promise<DashboardLogin> {
  if (config === undefined) return NO_LOGIN;
  const users: [string, DashboardLogin['users'][string]][] = [];
  const missing: string[] = [];
  for (const [name, { role, password }] of Object.entries(config.users)) {
    const wanted = variablesOf(password.text)[0] ?? '';
    const hash = await variable(env, wanted);
    if (hash === null) missing.push(missingSentence(wanted, password));
    users.push([name, { role, hash: hash ?? '' }]);
  }
  if (missing.length > 0) throw new Failure('ENVIRONMENT_MISSING', joined(missing.map(value), '\n'));
  return { ...config, users: Object.fromEntries(users) };
}

function missingSentence(name: string, { file, line }: UrlText): string {
  return `The variable ${name} (${file}:${line}) is not set. Set it to the output of "millrace dashboard hash".`;
}
