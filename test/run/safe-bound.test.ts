import { describe, expect, onTestFinished, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import { startPostgres } from '../../src/servers/servers.ts';
import { openSource } from '../../src/sources/index.ts';
import type { Extraction, Source } from '../../src/sources/source.ts';
import { allRows, failureOf } from '../sources/source-contract.ts';
import { eventsView, sourceOptions } from '../sources/worlds.ts';
import { slowTest } from '../support/sample.ts';
import { freshDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const calm = new AbortController().signal;

function client(url: string): Database {
  const database = openDatabase({
    url,
    role: { label: 'the test', unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' },
    poolMax: 2,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: 60_000,
    applicationName: 'a shop',
  });
  onTestFinished(() => database[Symbol.asyncDispose]());
  return database;
}

type Shop = {
  readonly url: string;
  readonly source: Source;
  readonly owner: Database;
  /** A second that has started; the transaction with `late` began in it. */
  readonly extraction: Extraction;
  late(statement: string): Promise<unknown>;
};

/** Orders of one second, one of them in a transaction that is still open after the second. */
async function shop(url: string): Promise<Shop> {
  const owner = client(url);
  await owner.run('create table orders (id text, at timestamptz default now())');
  const late = await owner.reserve();
  onTestFinished(() => late[Symbol.asyncDispose]());
  await late.session.run('begin');
  await late.session.run(`insert into orders values ('late')`);
  await owner.run(`insert into orders select 'early', at from (select min(xact_start) as at from pg_stat_activity
                    where application_name = 'a shop' and state = 'idle in transaction') open`);
  const [at] = await owner.query<{ ms: number }>(
    `select (extract(epoch from date_trunc('second', min(at))) * 1000)::bigint as ms from orders`,
  );
  const source = openSource(sourceOptions({ url }));
  onTestFinished(() => source[Symbol.asyncDispose]());
  const query = 'select id as entity_id, at as timestamp from orders where at >= {{start}} and at < {{end}} order by 1';
  const span = interval(epochMsOf(at?.ms ?? 0), epochMsOf((at?.ms ?? 0) + 1_000));
  const extraction = { view: eventsView({ query, features: [], safeBound: true }), span };
  await until(async () => (await source.mustWait?.(extraction, calm))?.blocker !== 'clock');
  return { url, owner, source, extraction, late: (statement) => late.session.run(statement) };
}

const ids = async ({ source, extraction }: Shop) => (await allRows(source, extraction, calm)).map(([id]) => id);

const nowAt = (ms: number) =>
  `create or replace function millrace.now() returns timestamptz language sql as $$ select to_timestamp(${ms / 1_000}) $$`;

describe('safe_bound', () => {
  test('waits for a transaction that began before the end, since its row would be lost', async () => {
    const world = await shop(await freshDatabase());
    const { source, extraction } = world;
    expect(await ids(world)).toEqual(['early']);
    expect(await source.mustWait?.(extraction, calm)).toMatchObject({
      blocker: 'open',
      since: expect.stringMatching(/^20/),
    });
    await world.late('commit');
    expect(await source.mustWait?.(extraction, calm)).toBeNull();
    expect(await ids(world)).toEqual(['early', 'late']);
  });

  slowTest('waits for a prepared transaction, whose start is unknown', async () => {
    await using server = await startPostgres({ settings: { max_prepared_transactions: '2' } });
    const world = await shop(await server.createDatabase());
    await world.late(`prepare transaction 'half'`);
    expect(await world.source.mustWait?.(world.extraction, calm)).toMatchObject({
      blocker: 'prepared',
      since: expect.stringMatching(/^20/),
    });
    await world.owner.run(`commit prepared 'half'`);
    expect(await world.source.mustWait?.(world.extraction, calm)).toBeNull();
    expect(await ids(world)).toEqual(['early', 'late']);
  });

  slowTest('does not wait for transactions that began after the end, or for our own reads', async () => {
    const { url, source, extraction, late, owner } = await shop(await freshDatabase());
    await late('rollback');
    await late('begin');
    await late(`select 1`);
    expect(await source.mustWait?.(extraction, calm)).toBeNull();
    const other = openSource(sourceOptions({ url, name: 'other', batchRows: 1 }));
    await owner.run(`insert into orders select n::text from generate_series(1, 100000) n`);
    const all = { ...extraction, span: interval(epochMsOf(0), epochMsOf(Date.UTC(2200, 0, 1))) };
    for await (const _ of other.read(all, calm)) {
      expect(await source.mustWait?.(extraction, calm)).toBeNull();
      break;
    }
    await other[Symbol.asyncDispose]();
  });

  test('fails with SOURCE_DENIED if the role cannot see transactions of others', async () => {
    const { url, owner, extraction } = await shop(await freshDatabase());
    const role = `reader_${Date.now()}`;
    await owner.run(`create role ${role} login password 'reader'`);
    await owner.run(`grant select on orders to ${role}`);
    onTestFinished(async () => {
      await owner.run(`drop owned by ${role}`);
      await owner.run(`drop role ${role}`);
    });
    const limited = new URL(url);
    limited.username = role;
    limited.password = 'reader';
    await using source = openSource(sourceOptions({ url: limited.href }));
    const failure = await failureOf(source.mustWait?.(extraction, calm) ?? Promise.resolve());
    expect([failure.code, failure.message]).toEqual(['SOURCE_DENIED', expect.stringMatching(/pg_read_all_stats/)]);
  });

  test('snoozes a run, and covers nothing, until the transaction has ended', async () => {
    const url = await freshDatabase();
    await using world = await openWorld({ sources: { shop: url } });
    const { extraction, late } = await shop(url);
    const { start, end } = extraction.span ?? interval(epochMsOf(0), epochMsOf(1));
    await world.sql(nowAt(end));
    const query = `select id as entity_id, 1::float8 as value, at as timestamp from orders where at >= {{start}} and at < {{end}}`;
    await world.apply(view({ kind: 'events', unitMs: 1_000, start, end, query, safeBound: true }));
    const [run = 0] = await world.plan('spend');
    expect(await world.perform(run)).toMatchObject({
      kind: 'snoozed',
      delayMs: 10_000,
      why: 'source',
    });
    await late('commit');
    await world.sql(nowAt(end + 11_000));
    expect(await world.perform(run)).toMatchObject({ kind: 'completed' });
    expect(await world.sql('select entity_id from features.spend order by 1')).toEqual([
      { entity_id: 'early' },
      { entity_id: 'late' },
    ]);
  });
});
