// postgres:// URLs as what the driver connects with. The driver's own reading of a URL takes any parameter, misspelt ones
// and `ssl=false` included, and reads files where nobody can catch what is wrong with them.

import { checkServerIdentity } from 'node:tls';
import type pg from 'pg';
import { Failure, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { readTlsFiles } from '../core/tls-files.ts';
import { type ServerAddress, type ServerTls, serverAddress } from '../definition/connections/server-url.ts';
import type { PostgresRole } from './failure.ts';

/** @throws Failure DEFINITION_INVALID for a URL that says something we do not know. */
export function postgresAddress(url: string, { label }: PostgresRole): ServerAddress {
  const address = serverAddress(url, label);
  if (address !== null) return address;
  const what = 'its URL is of another kind; postgres://user@host/database is expected';
  throw new Failure('DEFINITION_INVALID', text`${safe(label)}: ${safe(what)}.`);
}

/** What the driver is opened with; what the URL leaves out is the driver's to choose. */
export function connectionConfig(address: ServerAddress): pg.ClientConfig {
  const { host, port, user, password, database, parameters } = address;
  return {
    ...(parameters.get('sslmode') === 'disable' ? { ssl: false } : {}),
    enableChannelBinding: ['prefer', 'require'].includes(parameters.get('channel_binding') ?? ''),
    ...(host === null ? {} : { host }),
    ...(port === null ? {} : { port }),
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
    ...(database === null ? {} : { database }),
  };
}

/** What the driver takes for TLS, with its files read as they are now. @throws Failure of the role, where it cannot be. */
export async function tlsConfig(tls: ServerTls, { label, denied }: PostgresRole): Promise<pg.ClientConfig['ssl']> {
  try {
    return {
      rejectUnauthorized: tls.checks !== 'nothing',
      checkServerIdentity: tls.checks === 'authority and name' ? checkServerIdentity : () => undefined,
      minVersion: 'TLSv1.2',
      ...(await readTlsFiles(tls.files)),
    };
  } catch (error) {
    throw new Failure(denied, text`${safe(label)} cannot be reached over TLS: ${wordsOf(error)}.`, {}, error);
  }
}
