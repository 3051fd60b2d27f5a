// A dashboard with its own database and queues, and a client that can send any header.

import { request } from 'node:http';
import { systemClock } from '../../src/core/clock.ts';
import type { Log, LogFacts } from '../../src/core/log.ts';
import { type DashboardOptions, startDashboard } from '../../src/dashboard/server.ts';
import { type DashboardLogin, NO_LOGIN } from '../../src/definition/connections/dashboard-config.ts';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import { openQueues, type Queues } from '../../src/queue/queues.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../src/queue/settings.ts';
import { afterFile } from '../support/after-file.ts';
import { quickHash } from '../support/quick-hash.ts';
import { freshDatabase, freshRedis, migratedDatabase } from '../support/servers.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

export type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
};

export type DashboardWorld = {
  readonly url: string;
  readonly database: Database;
  /** The log: events with their facts. */
  readonly logged: (LogFacts & { readonly event: string })[];
  openQueues(): Promise<Queues>;
  ask(path: string, asked?: Asked): Promise<Answer>;
};

export const ADA = { name: 'ada', password: 'a password of ada' };
export const VIC = { name: 'vic', password: 'vic: pässword' };

export function basic({ name, password }: { name: string; password: string }): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

/** Ada is an operator, Vic a viewer. */
export async function loginOfTwo(): Promise<DashboardLogin> {
  const users = {
    ada: { role: 'operator', hash: quickHash(ADA.password) },
    vic: { role: 'viewer', hash: quickHash(VIC.password) },
  } as const;
  return { ...NO_LOGIN, users };
}

export type WorldOptions = Partial<DashboardOptions> & {
  readonly queueUrl?: string;
  /** Leaves the database empty. */
  readonly isEmpty?: true;
};

export async function openDashboardWorld(options: WorldOptions = {}): Promise<DashboardWorld> {
  const parts = new AsyncDisposableStack();
  afterFile(() => parts.disposeAsync());
  const newDatabase = options.isEmpty === undefined ? migratedDatabase : freshDatabase;
  const database = options.database ?? parts.use(databaseAt(await newDatabase()));
  const queueUrl = options.queueUrl ?? (await freshRedis('queue'));
  const logged: (LogFacts & { readonly event: string })[] = [];
  const open = () =>
    openQueues({
      queue: { url: queueUrl, prefix: 'millrace' },
      connectionName: 'test',
      clock: systemClock,
      settings: { ...DEFAULT_QUEUE_SETTINGS, deadlineMs: 2_000 },
    });
  const dashboard = parts.use(
    await startDashboard({
      project: 'shop',
      version: '0.0.0',
      clock: systemClock,
      log: logInto(logged),
      openQueues: open,
      login: NO_LOGIN,
      defaultRole: 'viewer',
      host: '127.0.0.1',
      port: 0,
      ping: () => database.query('select 1'),
      ...options,
      database,
    }),
  );
  return {
    url: dashboard.url,
    database,
    logged,
    openQueues: async () => {
      const queues = await open();
      afterFile(() => queues[Symbol.asyncDispose]());
      return queues;
    },
    ask: (path, asked) => ask(dashboard.url, path, asked),
  };
}

export function databaseAt(url: string): Database {
  return openDatabase({
    url,
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 4,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: 30_000,
    applicationName: 'test',
  });
}

function logInto(logged: (LogFacts & { readonly event: string })[]): Log {
  const keep = (event: string, facts: LogFacts = {}) => void logged.push({ event, ...facts });
  return { debug: keep, info: keep, warn: keep, error: keep };
}

/** One request, with exactly these headers: `fetch` would set some of them itself. */
export function ask(url: string, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Not resolved against the URL: `..` is sent as it is.
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
