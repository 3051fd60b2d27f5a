import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FeatureView, ViewFiles } from '../../../src/definition/view.ts';
import type { Outcome } from '../../../src/run/outcome.ts';
import type { Run } from '../../../src/state/runs/run.ts';
import { at, feature, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const DAY_MS = 86_400_000;
const FILES: ViewFiles = {
  pattern: 'sales/{yyyy}-{MM}-{dd}.csv',
  format: 'csv',
  types: { amount: 'decimal' },
  windowMs: 3 * DAY_MS,
  onMissing: 'empty',
  lateMs: 30 * DAY_MS,
  onBadField: 'refuse',
};
const never = new AbortController().signal;

/** Sales of the three days up to each midnight, of 2026-01-03 and 04. */
function sales(files: Partial<ViewFiles> = {}): FeatureView {
  return view({
    name: 'sales',
    source: 'lake',
    start: at('2026-01-02'),
    end: at('2026-01-04'),
    features: [feature('sales', 'decimal', { column: 'value' })],
    query: 'select customer as entity_id, sum(amount) as value, {{end}} as timestamp from files group by 1',
    files: { files: { ...FILES, ...files } },
  });
}

type Shop = World & {
  place(name: string, amount: number): void;
  remove(name: string): void;
  /** Sales up to a day; and the state, notes and error of the newest run. */
  found(): Promise<unknown>;
};

/** A lake with four files of 10 each, on 6 January. */
async function shop(): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-vanished-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const world = await openWorld({ folder, sources: { lake: 'file:./lake' } });
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-01-06 06:00Z' $$`,
  );
  const lake = join(folder, 'lake');
  const place = (name: string, amount: number) => {
    mkdirSync(join(lake, name, '..'), { recursive: true });
    writeFileSync(join(lake, name), `customer,amount\nada,${amount}\n`);
  };
  for (const day of ['01', '02', '03']) place(`sales/2026-01-${day}.csv`, 10);
  return Object.assign(world, {
    place,
    remove: (name: string) => rmSync(join(lake, name)),
    found: async () => {
      const stored = await world.sql(`select sales::text from features.sales order by event_timestamp desc limit 1`);
      const [run] = await world.sql(
        `select state, notes, error->>'code' as code, error->>'message' as message from millrace.run order by id desc limit 1`,
      );
      return { stored: stored[0]?.['sales'], ...run };
    },
  });
}

const CODES = (outcomes: readonly Outcome<Run>[]) => outcomes.map(({ kind }) => kind);

describe('a deleted file that a run has read', () => {
  test('fails the run that reads its time again, naming the file and what to do', async () => {
    await using world = await shop();
    await world.apply(sales());
    expect(CODES(await world.materialize('sales'))).toEqual(['completed', 'completed']);
    expect(await world.found()).toMatchObject({ stored: '30', notes: ['3 of 3 days have a file'] });
    world.remove('sales/2026-01-01.csv');
    world.place('sales/2026-01-03.csv', 11);
    await world.app.lookForLateFiles(never);
    expect(CODES(await world.materialize('sales'))).toEqual(['discarded']);
    expect(await world.found()).toEqual({
      stored: '30',
      state: 'failed',
      notes: [],
      code: 'FILES_MISSING',
      message: expect.stringMatching(
        /^View sales: sales\/2026-01-01\.csv is gone from .*\/lake, but run 2 read it for the same time\. Restore it\. To remove the rows instead, run "millrace restate sales --from 2026-01-03T00:00:00Z --to 2026-01-04T00:00:00Z --allow-removals" or set `on_vanished: warn`\.$/,
      ),
    });
    await world.sql(`update millrace.coverage set held = '{}'`);
    expect(CODES(await world.materialize('sales', { allowRemovals: true }))).toEqual(['completed']);
    expect(await world.found()).toMatchObject({
      stored: '21',
      state: 'done',
      notes: [
        'sales/2026-01-01.csv, which run 2 read, is gone',
        '2 of 3 days have a file; missing: sales/2026-01-01.csv',
      ],
    });
    // A run that accepted the deletion is the reference for the next one.
    world.place('sales/2026-01-03.csv', 12);
    await world.app.lookForLateFiles(never);
    expect(CODES(await world.materialize('sales'))).toEqual(['completed']);
    expect(await world.found()).toMatchObject({ stored: '22', state: 'done' });
  });

  test('is only noted if the view says on_vanished: warn', async () => {
    await using world = await shop();
    await world.apply(sales({ onVanished: 'warn' }));
    await world.materialize('sales');
    world.remove('sales/2026-01-02.csv');
    await world.sql(`update millrace.coverage set stale = covered`);
    expect(CODES(await world.materialize('sales'))).toEqual(['completed', 'completed']);
    expect(await world.found()).toMatchObject({
      stored: '20',
      notes: [
        'sales/2026-01-02.csv, which run 2 read, is gone',
        '2 of 3 days have a file; missing: sales/2026-01-02.csv',
      ],
    });
  });

  test('fails the run even if it was the only file', async () => {
    await using world = await shop();
    await world.apply(sales({ windowMs: DAY_MS }));
    await world.materialize('sales');
    world.remove('sales/2026-01-03.csv');
    await world.sql(`update millrace.coverage set stale = covered`);
    expect(CODES(await world.materialize('sales'))).toEqual(['completed', 'discarded']);
    expect(await world.found()).toMatchObject({ stored: '10', code: 'FILES_MISSING' });
  });

  test('is ignored if the folder of its time was written again', async () => {
    await using world = await shop();
    world.place('days/2026-01-03/part-1.csv', 1);
    world.place('days/2026-01-03/part-2.csv', 2);
    await world.apply(sales({ pattern: 'days/{yyyy}-{MM}-{dd}/*.csv', windowMs: DAY_MS }));
    await world.materialize('sales');
    for (const part of [1, 2]) world.remove(`days/2026-01-03/part-${part}.csv`);
    world.place('days/2026-01-03/part-3.csv', 4);
    await world.sql(`update millrace.coverage set stale = covered`);
    expect(CODES(await world.materialize('sales'))).toEqual(['completed', 'completed']);
    expect(await world.found()).toMatchObject({
      stored: '4',
      notes: ['days/2026-01-03/part-1.csv, days/2026-01-03/part-2.csv, which run 2 read, were replaced by other files'],
    });
    world.place('days/2026-01-03/part-4.csv', 5);
    world.remove('days/2026-01-03/part-3.csv');
    world.place('days/2026-01-03/part-3.csv.new', 5);
    await world.sql(`update millrace.coverage set stale = covered`);
    await world.materialize('sales');
    expect(await world.found()).toMatchObject({ stored: '5', state: 'done' });
  });
});
