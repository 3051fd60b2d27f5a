// Parses mysql:// and mariadb:// URLs for the driver.

import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { readTlsFiles } from '../../core/tls-files.ts';
import { type ServerTls, serverAddress } from '../../definition/connections/server-url.ts';

/** The address of a server. `password` is never part of a message; the user appears in messages of the server. */
export type MysqlAddress = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string | null;
  /** Null for plain text. */
  readonly tls: ServerTls | null;
};

const DEFAULT_PORT = 3306;

/** @throws Failure DEFINITION_INVALID for a URL with unknown parts. */
export function mysqlAddress(url: string, label: string): MysqlAddress {
  const address = serverAddress(url, label);
  if (address === null || address.host === null) {
    const what = 'its URL has no host; expected mysql://user@host/database';
    throw new Failure('DEFINITION_INVALID', text`${safe(label)}: ${safe(what)}.`);
  }
  const { host, port, user, password, database, tls } = address;
  return { host, port: port ?? DEFAULT_PORT, user: user ?? '', password: password ?? '', database, tls };
}

/** The driver's TLS options, with the contents of the files. @throws Failure SOURCE_DENIED if a file cannot be read. */
export async function tlsOptions({ checks, files }: ServerTls, label: string) {
  try {
    return {
      rejectUnauthorized: checks !== 'nothing',
      verifyIdentity: checks === 'authority and name',
      minVersion: 'TLSv1.2',
      ...(await readTlsFiles(files)),
    };
  } catch (error) {
    throw new Failure('SOURCE_DENIED', text`${safe(label)} cannot be reached over TLS: ${wordsOf(error)}.`, {}, error);
  }
}
