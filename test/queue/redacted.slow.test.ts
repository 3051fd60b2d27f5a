// Runs that fail with each code and in each wording, performed by a real worker: what they leave in the log, in the queue,
// on Bull Board and in the database. Of a redacted view no value is anywhere. Of any view, no value is in the log, the queue,
// or the columns that the docs call free of values.

import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { openLog } from '../../src/observe/logger.ts';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { performRun } from '../../src/run/perform.ts';
import type { Stage } from '../../src/run/stage.ts';
import { openDashboardWorld } from '../dashboard/server-world.ts';
import { type Planted, SAMPLED, secretOf, secretsIn } from '../support/planted-secret.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { openQueueWorld, type QueueWorld, states } from './world.ts';

// A run that another worker has reclaimed stores and logs nothing.
const THROWN = SAMPLED.filter(({ code }) => code !== 'LEASE_LOST');
const FIRST = at('2026-01-01');
const DAY_MS = 86_400_000;

let world: QueueWorld;
let logged = '';

beforeAll(async () => {
  world = await openQueueWorld({ changeStages: (stages) => stages.map(throwing) });
});
afterAll(() => world[Symbol.asyncDispose]());

/** Each day of a view has its failure, in a stage that all runs reach. */
function throwing(stage: Stage): Stage {
  if (stage.name !== 'check') return stage;
  return {
    name: 'check',
    perform: async ({ span }) => {
      throw thrownAs(THROWN[((span?.start ?? 0) - FIRST) / DAY_MS] as Planted); // a day for each of them
    },
  };
}

/** As a source or a stage throws it; a defect is any error. */
function thrownAs({ code, wording, text }: Planted): Error {
  if (code === 'BUG' && typeof wording === 'string') return new TypeError(text);
  return new Failure(code, wording, {}, new Error(text));
}

/** Performs a run for each failure. Retryable ones have two attempts. */
async function failRuns(name: string, redacted: boolean): Promise<void> {
  const { system, queues } = world;
  const end = at(new Date(FIRST + THROWN.length * DAY_MS).toISOString());
  const output = new PassThrough();
  output.on('data', (chunk: Buffer) => {
    logged += chunk.toString();
  });
  const log = openLog('debug', output);
  const { database, engine } = system.app;
  await system.apply(view({ name, redacted, start: FIRST, end, failuresMax: 1_000 }));
  const runs = await system.plan(name, { attempts: 2, backoffMs: 1, backoffMaxMs: 1 });
  expect(runs).toHaveLength(THROWN.length);
  await deliverRuns(queues, database, runs);
  await using _worker = await world.worker({
    log,
    perform: (run, signal) => performRun({ ...engine, log }, run, signal),
  });
  await until(async () => (await states(world)).every((state) => state === 'failed'));
}

/** The columns of the state that contain a value. */
async function tellingColumns(): Promise<string[]> {
  const { sql } = world.system;
  const tables = await sql(`select table_name as name from information_schema.tables where table_schema = 'millrace'`);
  const telling = new Set<string>();
  for (const { name } of tables) {
    for (const { row } of await sql(`select to_jsonb(t) as row from millrace.${name} t`)) {
      for (const [column, stored] of Object.entries(row as object)) {
        if (secretsIn(JSON.stringify(stored)).length > 0) telling.add(`${name}.${column}`);
      }
    }
  }
  return [...telling].sort();
}

/** Everything in the queue's Redis. */
async function queueContents(): Promise<string> {
  return world.queues.exchange(async (connection) => {
    const all: unknown[] = [];
    for (const key of await connection.keys('*')) {
      const type = await connection.type(key);
      if (type === 'hash') all.push(key, await connection.hgetall(key));
      else if (type === 'zset') all.push(key, await connection.zrange(key, '0', '-1'));
      else if (type === 'list') all.push(key, await connection.lrange(key, 0, -1));
      else if (type === 'set') all.push(key, await connection.smembers(key));
      else if (type === 'stream') all.push(key, await connection.xrange(key, '-', '+'));
      else all.push(key, await connection.get(key));
    }
    return JSON.stringify(all);
  });
}

const eventsIn = (log: string) => [...log.matchAll(/"event":"([^"]+)"/g)].map(([, event]) => event);

describe('failed runs of a redacted view', () => {
  beforeAll(() => failRuns('hidden', true));

  test('leave no value in the database', async () => {
    const [{ codes } = {}] = await world.system.sql(
      `select count(distinct error->>'code')::int as codes from millrace.run`,
    );
    expect(codes).toBe(new Set(THROWN.map(({ code }) => code)).size);
    expect(await tellingColumns()).toEqual([]);
  });

  test('leave no value in the queue', async () => {
    const contents = await queueContents();
    expect(contents).toContain('hidden.20260101T000000Z');
    expect(secretsIn(contents)).toEqual([]);
  });
});

describe('failed runs of a view that is not redacted', () => {
  beforeAll(() => failRuns('shown', false));

  test('leave values only in the errors of the runs', async () => {
    expect(await tellingColumns()).toEqual(['run.error', 'run.history']);
    const [{ errors } = {}] = await world.system.sql('select jsonb_agg(error)::text as errors from millrace.run');
    expect(secretsIn(String(errors))).toEqual(THROWN.map(secretOf).sort());
  });

  test('leave no value in the queue', async () => {
    expect(secretsIn(await queueContents())).toEqual([]);
  });

  test('leave no value in the log', () => {
    const discarded = eventsIn(logged).filter((event) => event === 'run.discarded');
    expect(discarded).toHaveLength(2 * THROWN.length);
    expect(eventsIn(logged)).toContain('run.bug');
    expect(secretsIn(logged)).toEqual([]);
  });

  test('are on Bull Board without values, even if their jobs have some', async () => {
    const board = await openDashboardWorld({ database: world.system.app.database, queueUrl: world.queue.url });
    const failed = await world.queues.run.getFailed();
    await world.queues.exchange(async (connection) => {
      for (const [index, { id }] of failed.entries()) {
        const { text } = THROWN[index % THROWN.length] as Planted; // the index of one
        await connection.hset(`millrace:run:${id}`, {
          failedReason: text,
          stacktrace: JSON.stringify([text]),
          returnvalue: JSON.stringify({ run: 1, state: text, snoozed: text }),
          progress: JSON.stringify(text),
        });
      }
    });
    expect(secretsIn(await queueContents())).toEqual(THROWN.map(secretOf).sort());
    const lists = ['failed', 'latest'].map((status) => `?activeQueue=run&status=${status}&page=1&jobsPerPage=1000`);
    for (const path of [...lists, ...failed.map(({ id }) => `/run/${id}`)]) {
      const { status, body } = await board.ask(`/queues/api/queues${path}`);
      expect([path, status, secretsIn(body)]).toEqual([path, 200, []]);
      expect(body).toContain('The job failed: see the page of its run.');
    }
  });
});
