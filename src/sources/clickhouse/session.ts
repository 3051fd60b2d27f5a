// Requests to ClickHouse's HTTP interface.

import type { Readable } from 'node:stream';
import type { Clock } from '../../core/clock.ts';
import { exceptionIn } from './exception.ts';
import { HttpProblem } from './failure.ts';
import { openResult } from './result.ts';
import { settingsOf } from './settings.ts';
import type { ClickhouseStatement } from './statement.ts';
import { type ClickhouseAddress, connectionsOf } from './url.ts';

export type ClickhouseOptions = {
  readonly address: ClickhouseAddress;
  /** For passwords in files, which can change: the current address, for each reading. */
  readonly renewed?: () => Promise<ClickhouseAddress>;
  /** `source shop (clickhouse://db:8123/shop)`, the start of a sentence. */
  readonly label: string;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly clock: Clock;
};

/** The connections of one reading. Closing them stops their statements. */
export interface ClickhouseSession extends AsyncDisposable {
  /** Checks the connection, the login, the database and the settings, within the connect timeout. */
  check(): Promise<void>;
  /** The rows of one statement, once the server sends them. Rejects with the error from the server or the connection. */
  run(statement: ClickhouseStatement): Promise<Readable>;
}

const CHECK: ClickhouseStatement = { text: 'select 1', parameters: {} };
const IDLE_GRACE_MS = 60_000;

/** Aborting the signal closes the session; calls reject with its reason. */
export async function openSession(options: ClickhouseOptions, signal: AbortSignal): Promise<ClickhouseSession> {
  signal.throwIfAborted();
  const { label, statementTimeoutMs, connectTimeoutMs, clock } = options;
  const address = (await options.renewed?.()) ?? options.address;
  const connections = await connectionsOf(address, label);
  const closed = new AbortController();
  const client = await clientOf(address, options, connections);
  const open = new Set<Readable>();
  const close = (reason: unknown) => {
    closed.abort(reason);
    for (const stream of open) stream.destroy();
    connections.destroy();
  };
  const onAbort = () => close(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const session: ClickhouseSession = {
    async check() {
      using _limit = clock.after(connectTimeoutMs, () => close(timedOut(connectTimeoutMs)));
      const result = await openResult(await session.run(CHECK));
      for await (const _ of result.batches([{ read: String }], 1));
    },
    async run({ text, parameters }) {
      closed.signal.throwIfAborted();
      try {
        const response = await client.exec({
          query: text,
          query_params: parameters,
          clickhouse_settings: settingsOf(statementTimeoutMs),
          abort_signal: closed.signal,
          ignore_error_response: true,
        });
        await requireRows(response);
        open.add(response.stream);
        response.stream.once('close', () => open.delete(response.stream));
        if (closed.signal.aborted) response.stream.destroy();
        return response.stream;
      } catch (error) {
        throw closed.signal.aborted ? closed.signal.reason : error;
      }
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onAbort);
      close(new Error('the reading has ended'));
    },
  };
  return session;
}

async function clientOf(
  { origin, user, password, database }: ClickhouseAddress,
  { statementTimeoutMs, applicationName }: ClickhouseOptions,
  connections: Awaited<ReturnType<typeof connectionsOf>>,
) {
  // Loaded on first use, so that other processes do not wait for it.
  const { ClickHouseLogLevel, createClient } = await import('@clickhouse/client');
  return createClient({
    url: origin,
    username: user,
    password,
    ...(database === null ? {} : { database }),
    application: applicationName,
    http_agent: connections,
    keep_alive: { enabled: false },
    request_timeout: statementTimeoutMs + IDLE_GRACE_MS, // after the watchdog of a reading
    log: { level: ClickHouseLogLevel.OFF },
  });
}

type Response = {
  readonly stream: Readable;
  readonly response_headers?: Readonly<Record<string, unknown>>;
  readonly http_status_code?: number | undefined;
};

const OK = 200;

async function requireRows({ stream, response_headers: headers, http_status_code: status = OK }: Response) {
  if (status === OK && headers?.['x-clickhouse-exception-code'] === undefined) return;
  const body = await beginningOf(stream);
  throw exceptionIn(body) ?? new HttpProblem(status, body);
}

/** More than any error from the server; a proxy may send more. */
const ERROR_BYTES_MAX = 65_536;

async function beginningOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    // Leaving the loop destroys the stream.
    if (bytes >= ERROR_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, ERROR_BYTES_MAX);
}

function timedOut(milliseconds: number): Error {
  return Object.assign(new Error(`no response within ${milliseconds} ms (connect_timeout of the source)`), {
    code: 'ETIMEDOUT',
  });
}
