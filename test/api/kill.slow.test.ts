// Clients push through two API processes while these, workers, Redis and Postgres are killed: every acknowledged row is stored
// once, refused rows are not, and of equal keys the later push wins.
// MILLRACE_TEST_PUSHED_ROWS sets the number of rows, MILLRACE_TEST_KILLS that of the kills.

import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { verifyView } from '../../src/online/verify.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import {
  applyViews,
  connectionsOf,
  openFaultApp,
  startApiProcess,
  startFaultScheduler,
  startWorkerProcess,
  type WorkerHandle,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { feature, view } from '../support/views.ts';
import { accessOf, TOKENS } from './world.ts';

const ROWS = Number(process.env['MILLRACE_TEST_PUSHED_ROWS'] ?? 20_000);
const KILLS = Number(process.env['MILLRACE_TEST_KILLS'] ?? 12);
const CLIENTS = 8;
const ROWS_PER_PUSH = 250;
/** Each client overwrites its own keys again and again. */
const KEYS_PER_CLIENT = 1_500;
const REFUSED_EVERY = 10;

const SIGNAL = view({
  name: 'signal',
  kind: 'pushed',
  source: '',
  query: null,
  end: null,
  features: [feature('signal', 'int', { column: 'value' })],
});

/** What the kills and the clients share. */
const state = { kills: 0, acknowledged: 0, pushes: 0, refused: 0 };

/** Pushes until enough rows are acknowledged and all kills are done. Returns the last value of each key. */
async function pushAll(client: number, ports: readonly number[]): Promise<Map<string, number>> {
  const last = new Map<string, number>();
  let sent = 0;
  for (let push = 0; sent < ROWS / CLIENTS || state.kills < KILLS; push += 1) {
    const rows = Array.from({ length: ROWS_PER_PUSH }, (_, index) => {
      const value = push * ROWS_PER_PUSH + index;
      return { entity_id: `c${client}.${value % KEYS_PER_CLIENT}`, timestamp: '2026-01-05T10:00:00Z', value };
    });
    await acknowledged(`${client}-${push}`, ports, rows, 200);
    for (const { entity_id: id, value } of rows) last.set(id, value);
    sent += rows.length;
    state.acknowledged += rows.length;
    if (push % REFUSED_EVERY !== 0) continue;
    const broken = [
      ...rows.slice(1).map((row) => ({ ...row, entity_id: `refused${client}`, value: -1 })),
      { ...rows[0], value: 'x' },
    ];
    await acknowledged(`${client}-${push}-refused`, ports, broken, 400);
    state.refused += broken.length;
  }
  return last;
}

/** Repeats a push with its key, through either process, until it is answered. */
async function acknowledged(
  key: string,
  ports: readonly number[],
  rows: readonly object[],
  expected: number,
): Promise<void> {
  await until(async () => {
    state.pushes += 1;
    const port = ports[state.pushes % ports.length];
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/views/signal/rows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.pusher}`, 'idempotency-key': key },
      body: JSON.stringify({ rows }),
      signal: AbortSignal.timeout(10_000),
    }).catch(() => null);
    if (answer === null || answer.status === 503) return false;
    expect({ status: answer.status, text: answer.status === expected ? '' : await answer.text() }).toEqual({
      status: expected,
      text: '',
    });
    await answer.arrayBuffer().catch(() => null);
    return true;
  });
}

test('every acknowledged row is stored once, although processes and servers are killed', {
  timeout: 600_000,
}, async () => {
  await using postgres = await startPostgres();
  await using online = await startRedis();
  await using queue = await startRedis({ appendonly: 'yes' });
  const urls = { offline: await postgres.createDatabase(), online: online.url, queue: queue.url };
  const connections = await connectionsOf(urls);
  await using app = await openFaultApp(connections);
  await applyViews(app, SIGNAL);
  await using _scheduler = await startFaultScheduler(app, [SIGNAL]);
  const access = accessOf();
  const ports = [await freePort(), await freePort()];
  const processes: WorkerHandle[] = [];
  const starts = [
    ...ports.map((port) => () => startApiProcess(connections, access, port)),
    ...[1, 2].map(() => () => startWorkerProcess(connections, null)),
  ];
  for (const start of starts) processes.push(start());
  await Promise.all(processes.map(({ ready }) => ready));

  const killing = (async () => {
    for (; state.kills < KILLS; state.kills += 1) {
      const before = state.acknowledged;
      const turn = state.kills % (starts.length + 2);
      if (turn === starts.length) {
        await online.kill();
        await online.start();
      } else if (turn === starts.length + 1) {
        await postgres.stopImmediate();
        await postgres.start();
      } else {
        await processes[turn]?.kill();
        const started = starts[turn]?.();
        if (started !== undefined) processes[turn] = started;
      }
      // The next kill comes while pushes are answered again.
      await until(() => state.acknowledged >= before + ROWS_PER_PUSH);
    }
  })();
  const results = await Promise.all(Array.from({ length: CLIENTS }, (_, client) => pushAll(client, ports)));
  await killing;
  await until(() => isQuiet(app));

  const expected = new Map(results.flatMap((last) => [...last]));
  const stored = await app.database.query<{ id: string; value: number }>(
    'select entity_id as id, signal as value from features.signal',
  );
  expect(stored.length).toBe(expected.size);
  expect(stored.filter(({ id, value }) => expected.get(id) !== Number(value))).toEqual([]);
  const [counts] = await app.database.query(
    `select sum((counts->>'read')::bigint)::int as read, sum((counts->>'refused')::bigint)::int as refused
       from millrace.run where committed_at is not null`,
  );
  expect(counts).toEqual({ read: state.acknowledged, refused: 0 });
  // The short deadlines of this app may end a comparison on a busy machine.
  let compared = 0;
  await until(async () => {
    const found = await verified(app).catch(() => null);
    compared = found?.comparedOffline ?? 0;
    return found?.total === 0;
  });
  expect(compared).toBe(expected.size);
});

function verified(app: App) {
  return verifyView({ ...app, view: SIGNAL, signal: new AbortController().signal });
}

/** Nothing waits, and everything that was committed is online. */
async function isQuiet({ database }: App): Promise<boolean> {
  const [row] = await database.query<{ busy: boolean }>(
    `select exists (select from millrace.inbox)
         or exists (select from millrace.run where state in ('planned', 'active', 'committed'))
         or exists (select from millrace.view where rebuild_reason is not null) as busy`,
  );
  return row?.busy === false;
}
