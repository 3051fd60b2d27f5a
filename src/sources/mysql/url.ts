// mysql:// and mariadb:// URLs as what the driver connects with. Parameters are Postgres's own words for TLS.

import { isIP } from 'node:net';
import { Failure, messageOf } from '../../core/failure.ts';
import { readRegular } from '../../definition/read-file.ts';

/** Where a server is and who asks. `password` is never part of a message; who asks is where the server says so (`Access denied for user …`). */
export type MysqlAddress = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string | null;
  /** Null: in the clear. */
  readonly tls: MysqlTls | null;
};

/** What of the server's certificate is checked, and against which authorities (null: those that Node trusts). */
export type MysqlTls = {
  readonly checks: 'nothing' | 'authority' | 'authority and name';
  readonly files: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };
};

const DEFAULT_PORT = 3306;
const TLS_FILE_BYTES_MAX = 1024 * 1024;
const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
/** As the driver of Postgres reads them: `require` is not weaker than `verify-full`. */
const MODES: Readonly<Record<string, MysqlTls['checks'] | null>> = {
  disable: null,
  'no-verify': 'nothing',
  require: 'authority and name',
  'verify-ca': 'authority',
  'verify-full': 'authority and name',
};

const ESCAPES = 'in a user name or a password, % is written %25, / %2F, @ %40, # %23 and ? %3F';

/** @throws Failure DEFINITION_INVALID for a URL that says something we do not know. */
export function mysqlAddress(url: string, label: string): MysqlAddress {
  const parsed = URL.parse(url);
  if (parsed === null)
    throw wrong(label, `its URL cannot be read; mysql://user@host/database is expected, and ${ESCAPES}`);
  if (parsed.hostname === '') throw wrong(label, 'its URL names no host; mysql://user@host/database is expected');
  if (/^\/.*[/@]/.test(parsed.pathname)) {
    throw wrong(label, `its URL has more than a database after the host; ${ESCAPES}`);
  }
  const decoded = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch (error) {
      throw wrong(label, `its URL has a % that stands for no character; ${ESCAPES}`, error);
    }
  };
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    user: decoded(parsed.username),
    password: decoded(parsed.password),
    database: parsed.pathname.length > 1 ? decoded(parsed.pathname.slice(1)) : null,
    tls: tlsOf(parsed.searchParams, host, label),
  };
}

function tlsOf(parameters: URLSearchParams, host: string, label: string): MysqlTls | null {
  for (const name of parameters.keys()) {
    if (PARAMETERS.includes(name)) continue;
    throw wrong(label, `its URL has the parameter ${JSON.stringify(name)}, which is none of ${PARAMETERS.join(', ')}`);
  }
  const file = (name: string) => parameters.get(name);
  const files = { ca: file('sslrootcert'), cert: file('sslcert'), key: file('sslkey') };
  const hasFiles = Object.values(files).some((name) => name !== null);
  const mode = parameters.get('sslmode') ?? (hasFiles ? 'verify-full' : 'disable');
  const checks = MODES[mode];
  if (checks === undefined) {
    throw wrong(label, `its URL has sslmode=${mode}, which is none of ${Object.keys(MODES).join(', ')}`);
  }
  if (checks === null) return null;
  if (checks === 'authority' && files.ca === null) {
    // Anybody gets a certificate from a public authority: without the name such a check means nothing.
    throw wrong(label, 'its URL has sslmode=verify-ca, which needs sslrootcert=FILE, the authority to trust');
  }
  if (checks === 'authority and name' && isIP(host) !== 0) {
    throw wrong(label, `its URL has sslmode=${mode} and an address, where the name in the certificate is expected`);
  }
  return { checks, files };
}

/** What the driver takes for TLS, with its files read. @throws Failure SOURCE_DENIED where one cannot be read. */
export async function tlsOptions({ checks, files }: MysqlTls, label: string) {
  const read = async (path: string | null): Promise<string | undefined> => {
    if (path === null) return undefined;
    try {
      return Buffer.from(await readRegular(path, { bytesMax: TLS_FILE_BYTES_MAX })).toString('utf8');
    } catch (error) {
      throw new Failure('SOURCE_DENIED', `${label} cannot be reached over TLS: ${messageOf(error)}.`, {}, error);
    }
  };
  const [ca, cert, key] = [await read(files.ca), await read(files.cert), await read(files.key)];
  return {
    rejectUnauthorized: checks !== 'nothing',
    verifyIdentity: checks === 'authority and name',
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function wrong(label: string, what: string, cause?: unknown): Failure {
  return new Failure('DEFINITION_INVALID', `${label}: ${what}.`, {}, cause);
}
