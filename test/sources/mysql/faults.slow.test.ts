// Readings from a private MariaDB that stops, is killed, freezes, or has other settings.

import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { Failure } from '../../../src/core/failure.ts';
import { type MariadbServer, startMariadb } from '../../../src/servers/servers.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql.ts';
import type { Source, SourceOptions } from '../../../src/sources/source.ts';
import { mysqlDo } from '../../support/mysql.ts';
import { until } from '../../support/until.ts';
import { hurriedClock, STATEMENT_TIMEOUT_MS } from '../hurried-clock.ts';
import { asking, calm, rowsOfQuery } from '../reading.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';

const SEEDS = 20;
const ROWS = 60_000;

async function server(settings: Readonly<Record<string, string>> = {}): Promise<MariadbServer> {
  const started = await startMariadb({ settings });
  onTestFinished(() => started[Symbol.asyncDispose]());
  await mysqlDo(started.url, 'create database shop');
  return started;
}

function open({ url }: MariadbServer, changes: Partial<SourceOptions> = {}): Source {
  const options = { statementTimeoutMs: STATEMENT_TIMEOUT_MS, connectTimeoutMs: 5_000, clock: hurriedClock };
  return mysqlSource.open(sourceOptions({ url: `${url}shop`, ...options, ...changes }));
}

const WIDE = asking(`select seq, repeat('x', 300) from seq_1_to_${ROWS}`);

type Fault = {
  readonly name: string;
  readonly strike: (mariadb: MariadbServer) => Promise<unknown>;
  readonly heal: (mariadb: MariadbServer) => Promise<unknown>;
};

async function killReadings(mariadb: MariadbServer, what: 'connection' | 'query'): Promise<void> {
  const sources = "select id from information_schema.processlist where command = 'Execute'";
  for (const { id } of await mysqlDo(mariadb.url, sources)) await mysqlDo(mariadb.url, `kill ${what} ${id}`);
}

const nothing = async () => undefined;
const FAULTS: readonly Fault[] = [
  { name: 'its connection is killed', strike: (mariadb) => killReadings(mariadb, 'connection'), heal: nothing },
  { name: 'its query is killed', strike: (mariadb) => killReadings(mariadb, 'query'), heal: nothing },
  { name: 'the server is killed', strike: (mariadb) => mariadb.kill(), heal: (mariadb) => mariadb.start() },
  { name: 'the server freezes', strike: async (mariadb) => mariadb.pause(), heal: async (mariadb) => mariadb.resume() },
];

/** Numbers from 0 to below `limit` that a seed decides. */
function seeded(seed: number): (limit: number) => number {
  let state = seed * 2_654_435_761;
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
    return state % limit;
  };
}

describe('mysqlSource with faults during a reading', () => {
  test.each(FAULTS)(
    'says SOURCE_UNAVAILABLE in time when $name, and reads every row later',
    async (fault) => {
      const mariadb = await server();
      for (let seed = 0; seed < SEEDS; seed += 1) {
        const pick = seeded(seed);
        await using source = open(mariadb, { batchRows: 1 + pick(2_000) });
        let left = pick(10);
        const reading = (async () => {
          for await (const _ of source.read(WIDE, calm)) {
            if (left === 0) await fault.strike(mariadb);
            left -= 1;
          }
        })();
        const started = systemClock.monotonicMs();
        const { code, message } = await failureOf(reading);
        const seconds = (systemClock.monotonicMs() - started) / 1_000;

        expect([seed, code, message]).toEqual([seed, 'SOURCE_UNAVAILABLE', expect.any(String)]);
        expect(message).toMatch(
          /source shop \(mysql:\/\/127\.0\.0\.1:\d+\/shop\) (is not responding|stopped responding)/,
        );
        // Without the watchdog, the read would wait longer than the statement timeout of 30 s.
        expect(seconds).toBeLessThan(30);
        await fault.heal(mariadb);
        const rows = await allRows(source, WIDE, calm);
        expect([rows.length, new Set(rows.map(([id]) => id)).size]).toEqual([ROWS, ROWS]);
      }
    },
    300_000,
  );

  test('does not wait for a frozen server when it connects, describes or disconnects', async () => {
    const mariadb = await server();
    const source = open(mariadb);
    await source.describe(WIDE, calm);
    mariadb.pause();

    // Over the connection that it has, once the server is asleep.
    const described: Failure[] = [];
    await until(async () => {
      await source.describe(WIDE, calm).catch((error) => described.push(error));
      return described.length > 0;
    });
    const connected = await failureOf(source.describe(WIDE, calm)); // over a new one
    await source[Symbol.asyncDispose]();

    expect([described[0]?.code, connected.code]).toEqual(['SOURCE_UNAVAILABLE', 'SOURCE_UNAVAILABLE']);
    expect(connected.message).toContain('ETIMEDOUT');
    mariadb.resume();
  });

  test('fails with SOURCE_UNAVAILABLE if the server has no free connection', async () => {
    const mariadb = await server({ 'max-connections': '10' });
    const others = Array.from({ length: 12 }, () => open(mariadb));
    const controller = new AbortController();
    const readings = others.map((other) => allRows(other, asking('select sleep(20)'), controller.signal));
    const failures = readings.map((reading) => failureOf(reading).catch(() => null));

    const refused = await Promise.any(failures.map(async (failure) => (await failure) ?? Promise.reject(failure)));

    expect([refused.code, refused.message]).toEqual([
      'SOURCE_UNAVAILABLE',
      expect.stringContaining('Too many connections'),
    ]);
    controller.abort(new Error('enough'));
    await Promise.all(failures);
    for (const other of others) await other[Symbol.asyncDispose]();
  });

  test('allows a slow consumer to take longer than the timeout of the server', async () => {
    const mariadb = await server({ 'net-write-timeout': '1' });
    await using source = open(mariadb, { batchRows: 100 });
    let rows = 0;
    for await (const batch of source.read(WIDE, calm)) {
      // Two seconds, by the server's clock, in which we take nothing.
      if (rows === 0) await mysqlDo(mariadb.url, 'do sleep(2)');
      rows += batch.rows;
    }
    expect(rows).toBe(ROWS);
  });
});

describe('mysqlSource on a server with other settings', () => {
  test('reads quotes, backslashes and times in the same way', async () => {
    const mariadb = await server({
      'sql-mode': 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT',
      'default-time-zone': '+05:00',
      'character-set-server': 'latin1',
    });
    await using source = open(mariadb);
    const query = `select "it's", 'a\\\\b', 'ź', date_format(from_unixtime(0), '%H:%i')`;

    expect(await rowsOfQuery(source, query)).toEqual([["it's", 'a\\b', 'ź', '00:00']]);
  });

  test('reads every row, letter and digit, regardless of init_connect', async () => {
    const mariadb = await server();
    const sayings = [
      'sql_select_limit = 1, div_precision_increment = 0, default_week_format = 3, sql_auto_is_null = 1',
      "lc_time_names = 'de_DE', group_concat_max_len = 4, autocommit = 0, completion_type = 2, max_sort_length = 8",
    ].map((settings) => `set session ${settings}`);
    await mysqlDo(
      mariadb.url,
      ['set global init_connect = ?', [[...sayings, 'set names latin1'].join('; ')]],
      "create user reader identified by 'hunter2'", // init_connect is not for those who may do everything
      'grant select on shop.* to reader',
      'create table shop.cities (id int auto_increment primary key, name varchar(20)) character set utf8mb4',
      "insert into shop.cities (name) values ('Łódź'), ('🦊')",
    );
    await using source = open({ ...mariadb, url: mariadb.url.replace(/\/\/.*@/, '//reader:hunter2@') });
    const query = `select name, 1 / 3, monthname('2026-03-01'), week('2026-01-01'), (select group_concat(name) from cities),
      'Ź' from cities order by id`;

    const rest = ['0.3333', 'March', '0', 'Łódź,🦊', 'Ź'];
    for (const _reading of ['over a new connection', 'over the same one']) {
      expect(await rowsOfQuery(source, query)).toEqual([
        ['Łódź', ...rest],
        ['🦊', ...rest],
      ]);
    }
    const other = asking("select count(*), (select count(*) from cities where id is null), 'ź' = 'Ź' from cities");
    expect(await allRows(source, other, calm)).toEqual([['2', '0', '1']]);
  });

  test('reads only what was committed when it started', async () => {
    const mariadb = await server({ 'transaction-isolation': 'READ-UNCOMMITTED' });
    const shop = `${mariadb.url}shop`;
    await mysqlDo(shop, 'create table orders as select seq from seq_1_to_100000');
    await using source = open(mariadb, { batchRows: 100 });
    let rows = 0;
    for await (const batch of source.read(asking("select seq, repeat('x', 300) from orders"), calm)) {
      if (rows === 0) await mysqlDo(shop, 'delete from orders');
      rows += batch.rows;
    }
    expect(rows).toBe(100_000);
  });

  test('replaces a connection that the server closed while it was idle', async () => {
    const mariadb = await server();
    await using source = open(mariadb);
    expect(await rowsOfQuery(source, 'select 1')).toEqual([['1']]);
    await mariadb.kill();
    await mariadb.start();
    expect(await rowsOfQuery(source, 'select 2')).toEqual([['2']]);
  });

  test('keeps a connection between readings, and closes it with the source', async () => {
    const mariadb = await server();
    const connections = async () =>
      (await mysqlDo(mariadb.url, "select id from information_schema.processlist where db = 'shop'")).length;
    {
      await using source = open(mariadb);
      for (let round = 0; round < 5; round += 1) await rowsOfQuery(source, 'select 1');
      expect(await connections()).toBe(1);
    }
    await until(async () => (await connections()) === 0);
  });
});
