import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { freshDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';

describe('a transaction that is left idle', () => {
  test('fails with the name of the timeout that ended it', async () => {
    const url = await freshDatabase();
    const shared = {
      url,
      role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
      poolMax: 1,
      connectTimeoutMs: 30_000,
    } as const;
    await using database = openDatabase({ ...shared, idleInTransactionMs: 200, applicationName: 'idle' });
    await using watching = openDatabase({ ...shared, idleInTransactionMs: 30_000, applicationName: 'watching' });
    const isGone = async () =>
      (await watching.query(`select 1 from pg_stat_activity where application_name = 'idle'`)).length === 0;
    const failed = database.transaction(async (session) => {
      await session.run('select 1');
      await until(isGone);
      await session.run('select 1');
    });
    await expect(failed).rejects.toMatchObject({
      code: 'OFFLINE_UNAVAILABLE',
      message: expect.stringMatching(
        /^The offline store closed a connection that was idle in a transaction for longer than idle_in_transaction_session_timeout: .* try again \(.*\)\.$/,
      ),
    });
  });
});

describe('a wait for a connection of a pool', () => {
  const WAIT_MS = 300;
  const open = (url: string, poolMax: number, poolKey?: string) =>
    openDatabase({
      url,
      role: {
        label: 'The offline store',
        unavailable: 'OFFLINE_UNAVAILABLE',
        denied: 'OFFLINE_DENIED',
        ...(poolKey === undefined ? {} : { poolKey }),
      },
      poolMax,
      connectTimeoutMs: WAIT_MS,
      idleInTransactionMs: 30_000,
      applicationName: 'busy',
    });

  test.each([
    [2, undefined, 'all 2 connections of this process have been in use for 0.3 s; try again.'],
    [1, 'pool_max', "this process's only connection (pool_max) has been in use for 0.3 s; try again."],
  ])('ends with the number of connections if all are in use: %s', async (poolMax, poolKey, said) => {
    await using database = open(await freshDatabase(), poolMax, poolKey);
    const held = await Promise.all(Array.from({ length: poolMax }, () => database.reserve()));
    await expect(database.query('select 1')).rejects.toMatchObject({
      code: 'OFFLINE_UNAVAILABLE',
      message: `The offline store has no free connection: ${said}`,
    });
    for (const one of held) await one[Symbol.asyncDispose]();
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('says that the server is not responding if the connections are still being opened', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const database = open(`postgres://a@127.0.0.1:${port}/a`, 1);
    const asked = await Promise.allSettled([database.query('select 1'), database.query('select 1')]);
    expect(asked.map((one) => one.status === 'rejected' && one.reason.message)).toEqual([
      expect.stringContaining('is not responding'),
      expect.stringContaining('is not responding'),
    ]);
    for (const socket of sockets) socket.destroy();
    await database[Symbol.asyncDispose]();
    server.close();
  });
});
