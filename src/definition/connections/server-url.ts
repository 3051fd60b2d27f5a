// Strict parsing of database URLs: an unknown parameter may be a misspelled one for TLS.
//
// All servers share the TLS parameters and the meaning of each `sslmode`, which is at least as strict as Postgres
// documents it. `prefer` is not supported: it falls back to plain text when an attacker intercepts the connection.

import { isIP } from 'node:net';
import { Failure } from '../../core/failure.ts';
import { withoutSecrets } from '../../core/url.ts';
import { nearestWord } from '../yaml/nearest.ts';

/** The parts of a URL; null for those it does not have. The password is never part of a message. */
export type ServerAddress = {
  /** A name, an address, or the folder of a socket. */
  readonly host: string | null;
  readonly port: number | null;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: string | null;
  /** TLS settings; null for plain text, which is the default. */
  readonly tls: ServerTls | null;
  /** The parameters of the URL that are not about TLS. */
  readonly parameters: ReadonlyMap<string, string>;
};

/** What is checked in the server's certificate, and against which authorities (null: those that Node trusts). */
export type ServerTls = {
  readonly checks: 'nothing' | 'authority' | 'authority and name';
  readonly files: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };
};

/** The differences between kinds of servers. */
type ServerKind = {
  readonly example: string;
  readonly parameters: readonly string[];
  /** Whether an address in place of a name can be checked against the certificate. */
  readonly checksAddresses: 'yes' | 'no';
};

const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
const POSTGRES: ServerKind = {
  example: 'postgres://user@host/database',
  parameters: [...TLS_PARAMETERS, 'host', 'options', 'channel_binding'],
  checksAddresses: 'yes',
};
const MYSQL: ServerKind = {
  example: 'mysql://user@host/database',
  parameters: TLS_PARAMETERS,
  checksAddresses: 'no',
};
const CLICKHOUSE: ServerKind = {
  example: 'clickhouse://user@host:8123/database',
  parameters: ['tls', ...TLS_PARAMETERS],
  checksAddresses: 'yes',
};
const MODES: ReadonlyMap<string, ServerTls['checks'] | null> = new Map([
  ['disable', null],
  ['no-verify', 'nothing'],
  ['require', 'authority and name'],
  ['verify-ca', 'authority'],
  ['verify-full', 'authority and name'],
]);
const ESCAPES = 'in a user name or password, write % as %25, / as %2F, @ as %40, # as %23 and ? as %3F';

/** The address in a `postgres:`, `mysql:` or `clickhouse:` URL; null for any other. @throws Failure DEFINITION_INVALID */
export function serverAddress(url: string, label = withoutSecrets(url)): ServerAddress | null {
  const scheme = url.split(':', 1)[0]?.toLowerCase() ?? '';
  if (scheme === 'postgres' || scheme === 'postgresql') return read(url, label, POSTGRES);
  if (scheme === 'clickhouse') return read(url, label, CLICKHOUSE);
  return scheme === 'mysql' || scheme === 'mariadb' ? read(url, label, MYSQL) : null;
}

function read(url: string, label: string, kind: ServerKind): ServerAddress {
  const wrong = (what: string) => new Failure('DEFINITION_INVALID', `${label}: its URL ${what}.`);
  const parsed = URL.parse(url);
  const hasServer = /^[a-z]+:\/\//i.test(url);
  if (parsed === null || parsed.hash !== '' || !hasServer)
    throw wrong(`cannot be parsed; expected ${kind.example}; ${ESCAPES}`);
  if (/^\/.*[/@]/.test(parsed.pathname)) throw wrong(`has more than a database name after the host; ${ESCAPES}`);
  if (/[;&]/.test(parsed.pathname)) {
    // In `/shop&sslmode=verify-full`, the parameter would be part of the name, and the login would be sent in plain text.
    throw wrong(
      'has ; or & before its parameters; begin them with ?, or write ; as %3B and & as %26 in a database name',
    );
  }
  const decoded = (text: string): string | null => {
    try {
      return text === '' ? null : decodeURIComponent(text);
    } catch {
      throw wrong(`has a % that is not part of an escape; ${ESCAPES}`);
    }
  };
  const parameters = parametersOf(parsed.searchParams, kind, wrong);
  const host = decoded(parsed.hostname.replace(/^\[(.*)\]$/, '$1')) ?? parameters.get('host') ?? null;
  return {
    host,
    port: parsed.port === '' ? null : Number(parsed.port),
    user: decoded(parsed.username),
    password: decoded(parsed.password),
    database: decoded(parsed.pathname.slice(1)),
    tls: requireBindable(tlsOf(parameters, host, kind, wrong), parameters, wrong),
    parameters,
  };
}

type Wrong = (what: string) => Failure;

function parametersOf(found: URLSearchParams, { parameters }: ServerKind, wrong: Wrong): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const [name, value] of found) {
    if (!parameters.includes(name)) {
      // ssl=true or useTLS=1 asks for TLS.
      const meant = nearestWord(name, parameters) ?? (/ssl|tls/i.test(name) ? 'sslmode' : null);
      const hint = meant === null ? '' : `; did you mean \`${meant}\`?`;
      throw wrong(`has the unknown parameter ${JSON.stringify(name)}; expected one of ${parameters.join(', ')}${hint}`);
    }
    if (known.has(name)) throw wrong(`has the parameter ${name} twice`);
    if (value === '') throw wrong(`has the parameter ${name} without a value`);
    known.set(name, value);
  }
  return known;
}

function tlsOf(
  parameters: ReadonlyMap<string, string>,
  host: string | null,
  kind: ServerKind,
  wrong: Wrong,
): ServerTls | null {
  const file = (name: string) => parameters.get(name) ?? null;
  const files = { ca: file('sslrootcert'), cert: file('sslcert'), key: file('sslkey') };
  const hasFiles = Object.values(files).some((name) => name !== null);
  const isWanted = wantsTls(parameters, wrong) || hasFiles;
  const mode = parameters.get('sslmode') ?? (isWanted ? 'verify-full' : 'disable');
  const checks = MODES.get(mode);
  if (checks === undefined) {
    const meant = nearestWord(mode, [...MODES.keys()]);
    const hint = meant === null ? '' : `; did you mean \`${meant}\`?`;
    throw wrong(`has sslmode=${mode}; expected one of ${[...MODES.keys()].join(', ')}${hint}`);
  }
  if (checks === null) return null;
  if (checks === 'authority' && files.ca === null) {
    // Anyone can get a certificate from a public authority, so without the name the check is worthless.
    throw wrong('has sslmode=verify-ca without sslrootcert; add sslrootcert=FILE, the certificate authority to trust');
  }
  if ((files.cert === null) !== (files.key === null)) throw wrong('has only one of sslcert and sslkey; set both');
  if (checks === 'authority and name' && kind.checksAddresses === 'no' && isIP(host ?? '') !== 0) {
    throw wrong(`has sslmode=${mode} and an IP address as host; expected the host name in the certificate`);
  }
  return { checks, files };
}

/** ClickHouse's `tls=true` means the same as `sslmode=verify-full`. */
function wantsTls(parameters: ReadonlyMap<string, string>, wrong: Wrong): boolean {
  const tls = parameters.get('tls');
  if (tls !== undefined && parameters.has('sslmode')) throw wrong('has both tls and sslmode; remove tls');
  if (tls === undefined || tls === 'true' || tls === 'false') return tls === 'true';
  throw wrong(`has tls=${tls}; expected tls=true or tls=false`);
}

const BINDINGS = ['disable', 'prefer', 'require'];

/** Channel binding needs TLS. */
function requireBindable(
  tls: ServerTls | null,
  parameters: ReadonlyMap<string, string>,
  wrong: Wrong,
): ServerTls | null {
  const binding = parameters.get('channel_binding');
  if (binding !== undefined && !BINDINGS.includes(binding)) {
    throw wrong(`has channel_binding=${binding}; expected one of ${BINDINGS.join(', ')}`);
  }
  if (binding === 'require' && tls === null)
    throw wrong('has channel_binding=require without TLS; add sslmode=verify-full');
  return tls;
}
