// Runs over files of an object store.

import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { Shutdown } from '../../../src/run/shutdown.ts';
import { AZURE_ACCOUNT, startAzureServer } from '../../support/object-stores/azure-server.ts';
import { FILE_SECRET, LOOKUP_FAULTS, startFileServer } from '../../support/object-stores/file-server.ts';
import { FAULTS, type Fault, LISTING_FAULTS, type ListingFault } from '../../support/object-stores/object-server.ts';
import { S3_ACCOUNT, startS3Server } from '../../support/object-stores/s3-server.ts';
import { until } from '../../support/until.ts';
import { feature, view } from '../../support/views.ts';
import { openWorld } from '../../support/world.ts';

const FILES: ViewFiles = {
  pattern: 'sales/{yyyy}-{MM}-{dd}.csv',
  format: 'csv',
  types: { amount: 'decimal' },
  windowMs: 86_400_000,
  onMissing: 'fail',
  lateMs: 86_400_000,
  onBadField: 'refuse',
};

/** Longer than a response takes on a busy machine. */
const IDLE_MS = 3_000;

const SALES = view({
  name: 'sales',
  source: 'lake',
  features: [feature('sales', 'decimal', { column: 'value' })],
  query: 'select customer as entity_id, sum(amount) as value, {{end}} as timestamp from files group by 1',
  files: { files: FILES },
});

const STORES = {
  s3: { start: startS3Server, access: { account: S3_ACCOUNT } },
  azure: { start: startAzureServer, access: { account: AZURE_ACCOUNT } },
  http: { start: startFileServer, access: { headers: { authorization: `Bearer ${FILE_SECRET}` } } },
};

async function storeWorld(store: keyof typeof STORES = 's3') {
  const { start, access } = STORES[store];
  const server = await start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-spool-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const world = await openWorld({
    sources: { lake: server.url('shop') },
    spool: { folder, limitMb: 10 },
    connection: { ...access, idleTimeoutMs: IDLE_MS },
  });
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-01-03 06:00Z' $$`,
  );
  const place = (day: string, line: string) => server.put(`shop/sales/${day}.csv`, `customer,amount\n${line}\n`);
  place('2026-01-01', 'ada,1.50');
  place('2026-01-02', 'ada,2.50');
  await world.apply(SALES);
  return Object.assign(world, { server, place, spooled: () => readdirSync(folder) });
}

const STORED =
  'select entity_id as who, event_timestamp::date::text as day, sales::text from features.sales order by 2';
const CHANGING: readonly string[] = ['replace', 'replaceMid'];
const never = new AbortController().signal;

describe('a run over files of an object store', () => {
  test('is retried if a file is replaced during the run, and stores no rows of the old file', async () => {
    await using world = await storeWorld();
    world.server.replacement = () => 'customer,amount\nbob,7.00\n';
    world.server.faults.push({ kind: 'replaceMid', at: 20 });
    const [first = 0, second = 0] = await world.plan('sales');
    const outcome = await world.perform(first);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'FILE_CHANGED' } });
    await world.sql('update millrace.run set not_before = null');
    expect((await world.perform(first)).kind).toBe('completed');
    expect((await world.perform(second)).kind).toBe('completed');
    expect(await world.sql(STORED)).toEqual([
      { who: 'bob', day: '2026-01-02', sales: '7' },
      { who: 'ada', day: '2026-01-03', sales: '2.5' },
    ]);
    expect(world.spooled()).toEqual([]);
  });

  test('leaves nothing in the spool when it is stopped, and finishes when it is restarted', async () => {
    await using world = await storeWorld();
    world.server.faults.push({ kind: 'stall', at: 10 });
    const [first = 0] = await world.plan('sales');
    const stop = new AbortController();
    const running = world.perform(first, stop.signal);
    await until(() => world.spooled().length === 1);
    stop.abort(new Shutdown('worker_stopped'));
    expect((await running).kind).toBe('interrupted');
    expect(world.spooled()).toEqual([]);
    expect((await world.perform(first)).kind).toBe('completed');
  });

  test.each([
    ['s3', 'one listing', 1],
    ['http', 'one request for each file', 1],
  ] as const)('of %s is repeated when its file changes, with %s per check', async (store, _, requests) => {
    await using world = await storeWorld(store);
    await world.materialize('sales');
    world.server.requests.length = 0;
    await world.app.lookForLateFiles(never);
    expect(world.server.requests).toHaveLength(requests);
    expect(await world.plan('sales')).toEqual([]);
    world.place('2026-01-02', 'ada,3.00');
    await world.app.lookForLateFiles(never);
    await world.materialize('sales');
    expect((await world.sql(STORED))[1]).toEqual({ who: 'ada', day: '2026-01-03', sales: '3' });
  });
});

type Struck = readonly [store: keyof typeof STORES, struck: string, kind: (Fault | ListingFault)['kind']];

const STRIKES: readonly Struck[] = (['s3', 'azure', 'http'] as const).flatMap((store) => [
  ...FAULTS.map((kind): Struck => [store, 'an object', kind]),
  ...(store === 'http' ? LOOKUP_FAULTS : LISTING_FAULTS).map((kind): Struck => [store, 'a listing', kind]),
]);

describe('a run over files of an HTTP server', () => {
  test('reads a window of files, is repeated for a late file, and fails if a file that it read is gone', async () => {
    await using world = await storeWorld('http');
    const files = { ...FILES, windowMs: 2 * 86_400_000, onMissing: 'empty', lateMs: 30 * 86_400_000 } as const;
    await world.apply({ ...SALES, files: { files } });
    const newest = async () => {
      const rows = await world.sql('select sales::text from features.sales order by event_timestamp desc limit 1');
      const [run] = await world.sql(
        "select state, notes, error->>'message' as why from millrace.run order by id desc limit 1",
      );
      return [rows[0]?.['sales'], run?.['state'], run?.['notes'], run?.['why']];
    };
    await world.materialize('sales');
    expect(await newest()).toEqual(['4', 'done', ['2 of 2 days have a file'], null]);
    world.server.objects.delete('shop/sales/2026-01-01.csv');
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
    world.place('2026-01-02', 'ada,3.50');
    await world.app.lookForLateFiles(never);
    await world.materialize('sales');
    expect(await newest()).toEqual([
      '4',
      'failed',
      [],
      expect.stringMatching(
        /^View sales: sales\/2026-01-01\.csv is gone from http:\S+, but run \d+ read it for the same time\./,
      ),
    ]);
  });
});

describe('runs over files', () => {
  test.each(STRIKES)('of %s store the exact content of the files, after %s had: %s', async (store, struck, kind) => {
    await using world = await storeWorld(store);
    const { faults, listingFaults, struck: found } = world.server;
    world.server.replacement = () => 'customer,amount\nbob,7.00\n';
    const fault = { kind, at: 20 };
    (struck === 'an object' ? faults : listingFaults).push(fault as Fault & ListingFault); // of the list that it goes to
    const ends: unknown[] = [];
    for (const run of await world.plan('sales')) {
      let outcome = await world.perform(run);
      if (outcome.kind === 'failed') {
        ends.push(outcome.failure.code);
        await world.sql('update millrace.run set not_before = null');
        outcome = await world.perform(run);
      }
      ends.push(outcome.kind);
    }
    const isChanged = CHANGING.includes(kind);
    expect(ends).toEqual([...(isChanged ? ['FILE_CHANGED'] : []), 'completed', 'completed']);
    expect(found).toEqual([fault]);
    expect(await world.sql(STORED)).toEqual([
      isChanged ? { who: 'bob', day: '2026-01-02', sales: '7' } : { who: 'ada', day: '2026-01-02', sales: '1.5' },
      { who: 'ada', day: '2026-01-03', sales: '2.5' },
    ]);
    expect(world.spooled()).toEqual([]);
  });
});
