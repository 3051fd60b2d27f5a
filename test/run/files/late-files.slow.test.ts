import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FeatureView, ViewFiles } from '../../../src/definition/view.ts';
import { applyEdit } from '../../../src/state/views/edit.ts';
import { feature, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const DAY_MS = 86_400_000;
const FILES: ViewFiles = {
  pattern: 'sales/{yyyy}-{MM}-{dd}.csv',
  format: 'csv',
  types: { amount: 'decimal' },
  windowMs: DAY_MS,
  onMissing: 'empty',
  lateMs: 7 * DAY_MS,
  onBadField: 'refuse',
};

function sales(files: Partial<ViewFiles> = {}): FeatureView {
  return view({
    name: 'sales',
    source: 'lake',
    features: [feature('sales', 'decimal', { column: 'value' })],
    query: 'select customer as entity_id, sum(amount) as value, {{end}} as timestamp from files group by 1',
    files: { files: { ...FILES, ...files } },
  });
}

type Shop = World & {
  /** Adds the file of the day without one. */
  arrive(): void;
  /** Writes the file of a day. */
  place(day: string, text?: string): void;
  remove(day: string): void;
};

/** A lake with a file for one of two days, on the day after. */
async function shop(): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-late-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const world = await openWorld({ folder, sources: { lake: 'file:./lake' } });
  const lake = join(folder, 'lake', 'sales');
  mkdirSync(lake, { recursive: true });
  const place = (day: string, text = 'ada,1.50') =>
    writeFileSync(join(lake, `${day}.csv`), `customer,amount\n${text}\n`);
  place('2026-01-01');
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-01-03 06:00Z' $$`,
  );
  return Object.assign(world, {
    place,
    arrive: () => place('2026-01-02'),
    remove: (day: string) => rmSync(join(lake, `${day}.csv`)),
  });
}

const STORED = 'select event_timestamp::date::text as day, sales::text from features.sales order by 1';
const never = new AbortController().signal;

describe('lookForLateFiles', () => {
  test('reads an interval again when its file appears, once', async () => {
    await using world = await shop();
    await world.apply(sales());
    await world.materialize('sales');
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
    expect(await world.sql(STORED)).toEqual([{ day: '2026-01-02', sales: '1.5' }]);
    world.arrive();
    await world.app.lookForLateFiles(never);
    await world.app.lookForLateFiles(never);
    expect(await world.sql(`select count(*) as times from millrace.event where kind = 'stale'`)).toEqual([
      { times: 1 },
    ]);
    await world.materialize('sales');
    expect(await world.sql(STORED)).toEqual([
      { day: '2026-01-02', sales: '1.5' },
      { day: '2026-01-03', sales: '1.5' },
    ]);
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
  });

  test('reads an interval again when one of its files changes, and notes which', async () => {
    await using world = await shop();
    world.arrive();
    await world.apply(sales());
    await world.materialize('sales');
    world.place('2026-01-02', 'ada,2.50');
    await world.app.lookForLateFiles(never);
    await world.app.lookForLateFiles(never);
    expect(await world.sql(`select note, span::text as span from millrace.event where kind = 'stale'`)).toEqual([
      {
        note: { kind: 'late_file', facts: { file: 'sales/2026-01-02.csv', change: 'changed', others: 0 } },
        span: expect.stringContaining('2026-01-02 00:00:00+00'),
      },
    ]);
    await world.materialize('sales');
    expect(await world.sql(STORED)).toEqual([
      { day: '2026-01-02', sales: '1.5' },
      { day: '2026-01-03', sales: '2.5' },
    ]);
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
  });

  test('also checks intervals that were read before an edit that keeps stored rows, if it looks up the same files', async () => {
    await using world = await shop();
    await world.apply(sales());
    await world.materialize('sales');
    const edit = (defined: FeatureView) => applyEdit(world.app.database, fingerprinted(defined), 'forward-only');
    const twice = { ...sales(), query: String(sales().query).replace('sum(amount)', 'sum(amount * 2)') };
    await edit(twice);
    world.arrive();
    await world.app.lookForLateFiles(never);
    await world.materialize('sales');
    expect(await world.sql(STORED)).toEqual([
      { day: '2026-01-02', sales: '1.5' },
      { day: '2026-01-03', sales: '3' },
    ]);
    world.place('2026-01-01', 'ada,9.00');
    await edit({ ...twice, ...sales({ pattern: 'sales/{yyyy}-{MM}-{dd}*.csv' }) });
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
  });

  test('ignores files that are unchanged, deleted or too old', async () => {
    await using world = await shop();
    world.arrive();
    world.place('2026-01-02-more', 'bob,2.00');
    await world.apply(sales({ lateMs: DAY_MS, pattern: 'sales/{yyyy}-{MM}-{dd}*.csv' }));
    await world.materialize('sales');
    await world.app.lookForLateFiles(never);
    world.remove('2026-01-02-more');
    // Its day ended more than a day ago.
    world.place('2026-01-01', 'ada,9.00');
    await world.app.lookForLateFiles(never);
    expect(await world.sql(`select * from millrace.event where kind = 'stale'`)).toEqual([]);
  });

  test('checks a window of days as a whole, and reads each unit of a late file again', async () => {
    await using world = await shop();
    world.arrive();
    await world.apply(sales({ windowMs: 2 * DAY_MS }));
    await world.materialize('sales');
    world.place('2026-01-01', 'ada,3.00');
    await world.app.lookForLateFiles(never);
    await world.materialize('sales');
    expect(await world.sql(STORED)).toEqual([
      { day: '2026-01-02', sales: '3' },
      { day: '2026-01-03', sales: '4.5' },
    ]);
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
  });

  test('compares with the files of the newest run', async () => {
    await using world = await shop();
    world.arrive();
    await world.apply(sales());
    await world.materialize('sales');
    for (const text of ['bob,2.00', 'eve,3.000']) {
      world.place('2026-01-02', text);
      await world.app.lookForLateFiles(never);
      await world.materialize('sales');
    }
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
    const read = 'select files from millrace.run_files order by run_id';
    expect(await world.sql(read)).toEqual(
      ['2026-01-01', '2026-01-02', '2026-01-02', '2026-01-02'].map((day) => ({
        files: [[`sales/${day}.csv`, expect.any(String), expect.any(Number)]],
      })),
    );
  });

  test('checks even if a later run for the interval was cancelled before it started', async () => {
    await using world = await shop();
    world.arrive();
    await world.apply(sales());
    await world.materialize('sales');
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state)
       select view_id, span, 'backfill', fingerprint, 'cancelled' from millrace.run`,
    );
    world.place('2026-01-02', 'ada,2.50');
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toHaveLength(1);
  });

  test('checks time that an earlier release covered without a file', async () => {
    await using world = await shop();
    await world.apply(sales());
    await world.materialize('sales');
    await world.sql('delete from millrace.run_files');
    await world.sql('update millrace.run set files_digest = null');
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
    world.arrive();
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toHaveLength(1);
  });

  test('does not check if the view disables it', async () => {
    await using world = await shop();
    await world.apply(sales({ lateMs: 0 }));
    await world.materialize('sales');
    world.arrive();
    await world.app.lookForLateFiles(never);
    expect(await world.plan('sales')).toEqual([]);
  });
});

describe('a view whose files are missing', () => {
  test('waits without using attempts if on_missing is wait', async () => {
    await using world = await shop();
    await world.apply(sales({ onMissing: 'wait' }));
    const runs = await world.plan('sales');
    expect((await world.perform(runs[0] ?? 0)).kind).toBe('completed');
    expect((await world.perform(runs[1] ?? 0)).kind).toBe('snoozed');
    expect(await world.sql('select state, attempt from millrace.run order by id desc limit 1')).toEqual([
      { state: 'planned', attempt: 0 },
    ]);
    world.arrive();
    await world.sql('update millrace.run set not_before = null');
    expect((await world.perform(runs[1] ?? 0)).kind).toBe('completed');
  });

  test('fails and holds the interval if on_missing is fail', async () => {
    await using world = await shop();
    await world.apply(sales({ onMissing: 'fail' }));
    const [, outcome] = await world.materialize('sales');
    expect(outcome).toMatchObject({ kind: 'discarded', failure: { code: 'FILES_MISSING' } });
  });
});
