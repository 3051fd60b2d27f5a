// Parses clickhouse:// URLs: the address of a server's HTTP interface.

import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { readTlsFiles } from '../../core/tls-files.ts';
import { type ServerTls, serverAddress } from '../../definition/connections/server-url.ts';

/** The address of a server. `password` is never part of a message. */
export type ClickhouseAddress = {
  /** `http://host:8123`. */
  readonly origin: string;
  readonly user: string;
  readonly password: string;
  /** Null for the default database of the user. */
  readonly database: string | null;
  /** Null for plain text. */
  readonly tls: ServerTls | null;
};

const PLAIN_PORT = 8123;
const TLS_PORT = 8443;
const DEFAULT_USER = 'default';

/** @throws Failure DEFINITION_INVALID for a URL with unknown parts. */
export function clickhouseAddress(url: string, label: string): ClickhouseAddress {
  const address = serverAddress(url, label);
  if (address === null || address.host === null) {
    const what = 'its URL has no host; expected clickhouse://user@host:8123/database';
    throw new Failure('DEFINITION_INVALID', text`${safe(label)}: ${safe(what)}.`);
  }
  const { host, user, password, database, tls } = address;
  const port = address.port ?? (tls === null ? PLAIN_PORT : TLS_PORT);
  const origin = `${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { origin, user: user ?? DEFAULT_USER, password: password ?? '', database, tls };
}

/**
 * The connections of one reading. They are not kept: a kept connection may have been closed by the server, which only the
 * next request would notice.
 * @throws Failure SOURCE_DENIED if a file for TLS cannot be read.
 */
export async function connectionsOf({ tls }: ClickhouseAddress, label: string): Promise<PlainAgent> {
  if (tls === null) return new PlainAgent({ keepAlive: false });
  try {
    const files = await readTlsFiles(tls.files);
    return new TlsAgent({
      keepAlive: false,
      rejectUnauthorized: tls.checks !== 'nothing',
      minVersion: 'TLSv1.2',
      ...(tls.checks === 'authority and name' ? {} : { checkServerIdentity: () => undefined }),
      ...files,
    });
  } catch (error) {
    throw new Failure('SOURCE_DENIED', text`${safe(label)} cannot be reached over TLS: ${wordsOf(error)}.`, {}, error);
  }
}
