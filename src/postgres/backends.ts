// Queries the server about its own processes, over a separate connection: those of the pool may be silent.

import type pg from 'pg';
import type { Clock } from '../core/clock.ts';
import { codeOf } from './failure.ts';
import { destroyWire } from './wire.ts';

/** The server process of one connection; process ids are reused, so it includes the start time. */
export type Backend = { readonly pid: number; readonly started: string };

export type BackendState = Backend & {
  /** It computes, or waits for a disk or a lock, not for us. */
  readonly isAtWork: boolean;
  /** The progress of a COPY from us; 0 without one. On a slow network it waits for us most of the time. */
  readonly copiedBytes: number;
};

export interface Backends {
  /** The states of those that still exist. @throws if the server does not respond in time */
  look(backends: readonly Backend[]): Promise<readonly BackendState[]>;
  /** Ends those that still exist and releases their locks, because their client has disappeared. */
  terminate(backends: readonly Backend[]): Promise<void>;
}

/** Whether the server refused a connection because it has reached its limit. */
export function isFull(thrown: unknown): boolean {
  return codeOf(thrown).startsWith('53');
}

export type BackendsOptions = {
  readonly pool: pg.Pool;
  readonly config: pg.ClientConfig;
  readonly Client: new (config: pg.ClientConfig) => pg.Client;
  readonly clock: Clock;
  /** The limit for one query, including connecting. */
  readonly deadlineMs: number;
};

/** Uses a new connection each time, or an idle one of the pool if the server has no room for a new one. */
export function openBackends(options: BackendsOptions): Backends {
  return {
    look: (backends) =>
      asked<BackendState>(
        options,
        `select a.pid, a.backend_start::text as started, coalesce(c.bytes_processed, 0)::float8 as "copiedBytes",
                a.state in ('active', 'disabled') and a.wait_event_type is distinct from 'Client' as "isAtWork"
           from unnest($1::int[], $2::text[]) as w(pid, started)
           join pg_stat_activity a on a.pid = w.pid and a.backend_start::text = w.started
           left join pg_stat_progress_copy c on c.pid = a.pid`,
        backends,
      ),
    terminate: async (backends) => {
      await asked(
        options,
        `select pg_terminate_backend(a.pid) from unnest($1::int[], $2::text[]) as w(pid, started)
           join pg_stat_activity a on a.pid = w.pid and a.backend_start::text = w.started`,
        backends,
      );
    },
  };
}

async function asked<R>(options: BackendsOptions, text: string, backends: readonly Backend[]): Promise<R[]> {
  const values = [backends.map(({ pid }) => pid), backends.map(({ started }) => started)];
  try {
    return await askedNew(options, text, values);
  } catch (error) {
    // The server has no room for one more, but the pool may have an idle connection.
    if (!isFull(error) || options.pool.idleCount === 0) throw error;
    return await askedOverIdle<R>(options, text, values).catch(() => Promise.reject(error));
  }
}

type Values = readonly (readonly (number | string)[])[];

async function askedNew<R>(options: BackendsOptions, text: string, values: Values): Promise<R[]> {
  const client = new options.Client(options.config);
  // Errors reject the query; without a listener they would also end the process.
  client.on('error', () => undefined);
  using _deadline = closesLate(options, client);
  try {
    await client.connect();
    return await rowsOf<R>(client, text, values);
  } finally {
    destroyWire(client);
  }
}

/** Uses an idle connection of the pool, which is closed if it is silent itself. */
async function askedOverIdle<R>(options: BackendsOptions, text: string, values: Values): Promise<R[]> {
  const client = await options.pool.connect();
  let isSound = false;
  try {
    using _deadline = closesLate(options, client);
    const rows = await rowsOf<R>(client, text, values);
    isSound = true;
    return rows;
  } finally {
    client.release(!isSound);
  }
}

function closesLate({ clock, deadlineMs }: BackendsOptions, client: pg.ClientBase): Disposable {
  return clock.after(deadlineMs, () => destroyWire(client, new Error('no answer in time')));
}

/** The statement decides the shape of the rows, and its caller names it. */
async function rowsOf<R>(client: pg.ClientBase, text: string, values: Values): Promise<R[]> {
  const { rows } = await client.query<R & pg.QueryResultRow>(text, [...values]);
  return rows;
}

/** Sent over each new connection, so that the server also notices a lost client and ends its work. */
const NOTICE_LOSS = [
  ['client_connection_check_interval', '2s'],
  ['tcp_keepalives_idle', '30'],
  ['tcp_keepalives_interval', '10'],
  ['tcp_keepalives_count', '3'],
  ['tcp_user_timeout', '60s'],
].map(
  ([name, value]) =>
    // Some of these do not exist on every operating system.
    `do $$ begin perform set_config('${name}', '${value}', false); exception when others then null; end $$`,
);

/** Configures a new connection, and returns its server process. */
export async function introduce(client: pg.ClientBase): Promise<Backend> {
  const backend = `select pid, backend_start::text as started from pg_stat_get_activity(pg_backend_pid())`;
  const results: pg.QueryResult<Backend> | pg.QueryResult<Backend>[] = await client.query<Backend>(
    [...NOTICE_LOSS, backend].join('; '),
  );
  const row = [results].flat().at(-1)?.rows[0]; // one result per statement
  if (row === undefined) throw new Error('the server does not say which process serves this connection');
  return row;
}
