// Parses postgres:// URLs for the driver. The driver's own parser accepts any parameter, including misspelled ones and
// `ssl=false`, and reads files without a way to catch errors.

import { checkServerIdentity } from 'node:tls';
import type pg from 'pg';
import { Failure, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { readTlsFiles } from '../core/tls-files.ts';
import { type ServerAddress, type ServerTls, serverAddress } from '../definition/connections/server-url.ts';
import type { PostgresRole } from './failure.ts';

/** @throws Failure DEFINITION_INVALID for an unknown parameter. */
export function postgresAddress(url: string, { label }: PostgresRole): ServerAddress {
  const address = serverAddress(url, label);
  if (address !== null) return address;
  const what = 'its URL has another scheme; expected postgres://user@host/database';
  throw new Failure('DEFINITION_INVALID', text`${safe(label)}: ${safe(what)}.`);
}

/** The driver's options; parts that the URL omits get the driver's defaults. */
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

/** The driver's TLS options, with its files read now. @throws Failure of the role if that fails. */
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
