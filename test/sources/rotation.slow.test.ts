// Passwords in files that are replaced while a process runs: each new connection reads the file.

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { resolveConnections, type SourceConnection } from '../../src/definition/connections/connections.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { openSource } from '../../src/sources/index.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { sourceLimits } from '../support/limits.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { freshDatabase } from '../support/servers.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { ownerOf } from './postgres/world.ts';
import { allRows, failureOf } from './source-contract.ts';
import { eventsView, feature, sourceOptions } from './worlds.ts';

const calm = new AbortController().signal;
const asking = { view: eventsView({ query: "select 'here' as a", kind: 'latest' }), span: null };

/** The connections of a project whose password is in a file, of a source and of the online store. */
async function passwordFile(url: string, user: string) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-rotation-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'password');
  const write = (password: string) => writeFile(file, `${password}\n`);
  await write('first/secret');
  const { protocol, host, pathname } = new URL(url);
  const text = (scheme: string, rest: string) => ({ text: `${scheme}//${rest}`, file: 'millrace.yaml', line: 1 });
  const limits = sourceLimits({ statementTimeoutMs: 30_000, connectTimeoutMs: 30_000 });
  const connections = await resolveConnections(
    {
      project: 'shop',
      offline: { url: text('postgres:', 'localhost/x') },
      online: {
        url: protocol === 'redis:' ? text(protocol, `${user}:\${SHOP_PASSWORD}@${host}`) : text('redis:', 'localhost'),
        prefix: 'mr',
      },
      queue: { url: text('redis:', 'localhost'), prefix: 'millrace' },
      sources: { shop: { url: text(protocol, `${user}:\${SHOP_PASSWORD}@${host}${pathname}`), ...limits } },
      spool: { folder: null, limitMb: 10 },
      // biome-ignore lint/suspicious/noExplicitAny: only what has a URL is read
    } as any,
    { SHOP_PASSWORD_FILE: file },
  );
  const shop = connections.sources['shop'];
  if (shop === undefined) throw new Error('it is above');
  return { shop, online: connections.online, write };
}

async function expectRotation(url: string, user: string, setPassword: (password: string) => Promise<unknown>) {
  await setPassword('first/secret');
  const { shop, write } = await passwordFile(url, user);
  await using source = openSource(sourceOptions({ ...shop, poolMax: 2 }));
  expect(await allRows(source, asking, calm)).toEqual([['here']]);

  await setPassword('second@secret');
  await using late = openSource(sourceOptions({ ...shop }));
  const failure = await failureOf(allRows(late, asking, calm));
  expect([failure.code, failure.message]).toEqual([
    'SOURCE_CREDENTIALS',
    expect.stringContaining('the password came from a file, and the next attempt will read the file again'),
  ]);
  expect(failure.message).not.toMatch(/first|second/);

  await write('');
  const empty = await failureOf(allRows(late, asking, calm));
  expect([empty.code, empty.message]).toEqual([
    'SOURCE_CREDENTIALS',
    expect.stringMatching(/SHOP_PASSWORD.* The next attempt will read the file again\.$/),
  ]);

  await write('second@secret');
  expect(await allRows(late, asking, calm)).toEqual([['here']]);
}

describe('a password in a file', () => {
  test('is read again for each connection to Postgres', async () => {
    const url = await freshDatabase();
    await using owner = ownerOf(url);
    const user = `rotating_${randomUUID().slice(0, 8)}`;
    await owner.run(`create role ${user} login`);
    await expectRotation(url, user, (password) => owner.run(`alter role ${user} password '${password}'`));
    await owner.run(`drop role ${user}`);
  });

  test('is read again for each connection to MySQL', async () => {
    const url = await freshMysql();
    const user = `rotating_${randomUUID().slice(0, 8)}`;
    await mysqlDo(url, `create user ${user}`, `grant select on *.* to ${user}`);
    await expectRotation(url, user, (password) => mysqlDo(url, `alter user ${user} identified by '${password}'`));
    await mysqlDo(url, `drop user ${user}`);
  });

  test('is read again for each connection to Redis: of a source, and of the online store', async () => {
    await using server = await startRedis();
    await using owner = openRedis({ url: server.url, clock: systemClock, deadlineMs: 30_000, connectionName: 'owner' });
    const setPassword = (password: string) =>
      owner.send([['ACL', 'SETUSER', 'rotating', 'reset', 'on', `>${password}`, '~*', '+@all']]);
    await owner.send([['SET', 'score:ada', '1.5']]);
    await setPassword('first/secret');
    const { shop, online, write } = await passwordFile(server.url, 'rotating');
    const scores = {
      view: eventsView({ kind: 'latest', keys: 'score:{entity_id}', features: [feature('value', 'float')] }),
      span: null,
    };
    await using source = openSource(sourceOptions({ ...shop }));
    const read = async () => (await allRows(source, scores, calm)).map(([id, _, value]) => [id, value]);
    const { renewed } = online;
    if (renewed === undefined) throw new Error('its password is in a file');
    const renewedUrl = async () => (await renewed()).url;
    const options = { url: online.url, renewedUrl, clock: systemClock, deadlineMs: 30_000, connectionName: 'store' };
    await using store = openRedis(options);
    const ping = () => store.send([['PING']]);
    expect([await read(), await ping()]).toEqual([[['ada', '1.5']], ['PONG']]);

    await setPassword('second@secret');
    await owner.send([['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']]);
    const failures = [await failureOf(read()), await failureOf(ping())];
    expect(failures.map(({ code }) => code)).toEqual(['SOURCE_CREDENTIALS', 'ONLINE_DENIED']);
    expect(failures[0]?.message).toContain(
      'the password came from a file, and the next attempt will read the file again',
    );
    expect(failures.map(({ message }) => message).join()).not.toMatch(/first|second/);

    await write('');
    const empty = [await failureOf(read()), await failureOf(ping())];
    expect(empty.map(({ code }) => code)).toEqual(['SOURCE_CREDENTIALS', 'ONLINE_UNAVAILABLE']);

    await write('second@secret');
    expect([await read(), await ping()]).toEqual([[['ada', '1.5']], ['PONG']]);
  });

  test('that is no longer valid fails runs, which are retried, and never pauses the view', async () => {
    const wrong = new URL(await freshDatabase());
    wrong.password = 'ended';
    const failed = async (connection: Partial<SourceConnection>) => {
      await using world = await openWorld({ sources: { shop: wrong.href }, connection });
      await world.apply(view({ failuresMax: 1 }));
      const { database } = world.app;
      const applied = await requireAppliedView(database, 'spend');
      const [first = 0] = await planDue(database, applied, 'schedule', { ...DEFAULT_RUN_OPTIONS, attempts: 1 });
      await world.perform(first);
      return await database.query(
        `select r.error->>'code' as code, v.failed_in_a_row as failed, v.paused_kind is not null as paused
           from millrace.view v join millrace.run r on r.id = $1`,
        [first],
      );
    };

    const renewed = async () => ({ url: wrong.href });
    expect(await failed({ renewed })).toEqual([{ code: 'SOURCE_CREDENTIALS', failed: 0, paused: false }]);
    expect(await failed({})).toEqual([{ code: 'SOURCE_DENIED', failed: 1, paused: true }]);
  });
});
