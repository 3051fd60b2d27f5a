// Runs over files of an object store.

import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { Shutdown } from '../../../src/run/shutdown.ts';
import { AZURE_ACCOUNT, startAzureServer } from '../../support/object-stores/azure-server.ts';
import { FAULTS, type Fault, LISTING_FAULTS, type ListingFault } from '../../support/object-stores/object-server.ts';
import { S3_ACCOUNT, startS3Server } from '../../support/object-stores/s3-server.ts';
import { sampleOf, slowTest } from '../../support/sample.ts';
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
  s3: { start: startS3Server, account: S3_ACCOUNT },
  azure: { start: startAzureServer, account: AZURE_ACCOUNT },
};

async function storeWorld(store: keyof typeof STORES = 's3') {
  const { start, account } = STORES[store];
  const server = await start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-spool-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const world = await openWorld({
    sources: { lake: server.url('shop') },
    spool: { folder, limitMb: 10 },
    connection: { account, idleTimeoutMs: IDLE_MS },
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

  slowTest('leaves nothing in the spool when it is stopped, and finishes when it is restarted', async () => {
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

  test('is repeated when its file changes, with one listing per check', async () => {
    await using world = await storeWorld();
    await world.materialize('sales');
    world.server.requests.length = 0;
    await world.app.lookForLateFiles(never);
    expect(world.server.requests).toHaveLength(1);
    expect(await world.plan('sales')).toEqual([]);
    world.place('2026-01-02', 'ada,3.00');
    await world.app.lookForLateFiles(never);
    await world.materialize('sales');
    expect((await world.sql(STORED))[1]).toEqual({ who: 'ada', day: '2026-01-03', sales: '3' });
  });
});

const STRIKES: readonly (readonly [struck: string, kind: (Fault | ListingFault)['kind']])[] = [
  ...FAULTS.map((kind) => ['an object', kind] as const),
  ...LISTING_FAULTS.map((kind) => ['a listing', kind] as const),
];

describe.each(['s3', 'azure'] as const)('runs over files of %s', (store) => {
  const SAMPLE = sampleOf(STRIKES, ([struck, kind]) =>
    store === 's3' ? CHANGING.includes(kind) : struck === 'a listing' && kind === 'truncate',
  );

  test.each(SAMPLE)('store the exact content of the files, after %s had: %s', async (struck, kind) => {
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
