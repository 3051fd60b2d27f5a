// A driver that throws in a callback without a caller, caused by a server with a wrong protocol.

import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONFIG, openCommandWorld, SPEND } from '../cli/world.ts';
import { until } from '../support/until.ts';

/** A Postgres that requests an unknown authentication: the driver throws while it reads messages. */
const UNKNOWN_AUTHENTICATION = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 99]);

let server: Server;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(UNKNOWN_AUTHENTICATION));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

const ODD = SPEND.replace('name: spend', 'name: odd').replace('source: shop', 'source: odd');

function openOddWorld() {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return openCommandWorld({
    'millrace.yaml': `${CONFIG}  odd: { url: "postgres://me@127.0.0.1:${port}/shop", connect_timeout: 1s }\n`,
    'features/odd.yaml': ODD,
    'jobs/nightly.yaml': 'name: nightly\ncron: "15 3 * * *"\nviews: [spend, odd]\n',
  });
}

test('ends the run of a command with a sentence', async () => {
  const world = await openOddWorld();
  const { code, stderr } = await world.start('run odd --here').ended;
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('Unknown authenticationOk') });
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('ends the run of a chunk, and the backfill reports it', async () => {
  const world = await openOddWorld();
  await world.millrace('apply');
  const { code, stderr } = await world.start('backfill odd --from 2026-01-01 --to 2026-01-03 --here').ended;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('2 chunks failed') });
});

test('ends a run of a worker, which continues with the others', async () => {
  const world = await openOddWorld();
  await world.millrace('apply');
  const worker = world.start('worker');
  await until(() => worker.output().includes('worker.started'));
  await world.millrace('run odd');
  await world.millrace('run spend');
  const ended = await world.database.query(
    `select v.name, r.state, r.error->>'code' as code from millrace.run r join millrace.view v on v.id = r.view_id order by r.id`,
  );
  expect(ended).toEqual([
    { name: 'odd', state: 'failed', code: 'BUG' },
    { name: 'odd', state: 'failed', code: 'BUG' },
    { name: 'spend', state: 'done', code: null },
    { name: 'spend', state: 'done', code: null },
  ]);
  expect(worker.output()).toContain('run.stray_error');
  worker.kill('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});
