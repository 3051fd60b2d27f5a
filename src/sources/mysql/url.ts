// mysql:// and mariadb:// URLs as what the driver connects with.

import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { readTlsFiles } from '../../core/tls-files.ts';
import { type ServerTls, serverAddress } from '../../definition/connections/server-url.ts';

/** Where a server is and who asks. `password` is never part of a message; who asks is where the server says so (`Access denied for user …`). */
export type MysqlAddress = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string | null;
  /** Null: in the clear. */
  readonly tls: ServerTls | null;
};

const DEFAULT_PORT = 3306;

/** @throws Failure DEFINITION_INVALID for a URL that says something we do not know. */
export function mysqlAddress(url: string, label: string): MysqlAddress {
  const address = serverAddress(url, label);
  if (address === null || address.host === null) {
    const what = 'its URL names no host; mysql://user@host/database is expected';
    throw new Failure('DEFINITION_INVALID', text`${safe(label)}: ${safe(what)}.`);
  }
  const { host, port, user, password, database, tls } = address;
  return { host, port: port ?? DEFAULT_PORT, user: user ?? '', password: password ?? '', database, tls };
}

/** What the driver takes for TLS, with its files read. @throws Failure SOURCE_DENIED where one cannot be read. */
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
