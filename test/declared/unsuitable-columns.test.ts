// Columns whose values a database would count wrong without an error: a run fails, also without validate --connect.

import { describe, expect, test } from 'vitest';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { openWorld } from '../support/world.ts';

const SUM = { name: 'spend', type: 'decimal', aggregate: 'sum', column: 'amount', window: '1d' };

function activity(changes: Record<string, unknown>): FeatureView {
  const view = viewFile.parse({
    name: 'activity',
    entity: 'user',
    source: 'shop',
    kind: 'snapshot',
    interval: '1d',
    start: '2026-01-01',
    end: '2026-01-02',
    from: { table: 'user_events', entity_id: 'user_id', timestamp: 'at' },
    features: [SUM],
    ...changes,
  });
  return parseView(view);
}

async function openShop() {
  const shop = await freshMysql();
  await mysqlDo(
    shop,
    'create table user_events (user_id varchar(20), at datetime, amount decimal(9, 2), note text, single float, seen datetime)',
    `insert into user_events values ('ada', '2026-01-01 10:00', 5, '7 boxes', 0.1, null), ('ada', '2026-01-01 11:00', 6, 'many', 0.1, null)`,
  );
  return { shop, world: await openWorld({ sources: { shop } }) };
}

describe('a run of a view with `from` on MySQL', () => {
  test.each([
    [
      'a sum over text',
      { features: [{ ...SUM, type: 'float', column: 'note' }] },
      /^`sum` of activity needs numbers, but note is .*\. Choose a numeric column/,
    ],
    [
      'a partial sum over text',
      { features: [{ ...SUM, column: 'note' }], incremental: true },
      /^`sum` of activity.parts needs numbers, but note is /,
    ],
    [
      'text compared with a number',
      { features: [{ ...SUM, where: { note: 7 } }] },
      /note is .*, which is compared with a number; write the value in quotes\.$/,
    ],
    [
      'a number compared with text',
      { features: [{ ...SUM, where: { amount: '5' } }] },
      /amount is .*, which is compared with a string; write the number without quotes\.$/,
    ],
    [
      'a time compared with text',
      { features: [{ ...SUM, where: { seen: '2026-01-01' } }] },
      /seen is .*, which is compared with a string; compare times with `gte`, `lt` or `between`\.$/,
    ],
    [
      'distinct values that are not exact',
      { features: [{ name: 'n', type: 'int', aggregate: 'count_distinct', column: 'single', window: '1d' }] },
      /single is float, which has more digits than its text; read from a database view that casts it to double\.$/,
    ],
  ])('fails for %s, and stores nothing', async (_name, changes, expected) => {
    const { world } = await openShop();
    await using _closed = world;
    await world.apply(activity(changes));
    const [outcome] = await world.materialize('incremental' in changes ? 'activity.parts' : 'activity');

    expect(outcome).toMatchObject({
      kind: 'discarded',
      failure: { code: 'SOURCE_SHAPE', message: expect.stringMatching(expected) },
    });
    expect(await world.sql(`select 1 from millrace.coverage where covered <> '{}'`)).toEqual([]);
  });

  test('fails once a column of numbers becomes one of text', async () => {
    const { shop, world } = await openShop();
    await using _closed = world;
    await world.apply(activity({ end: '2026-01-03', features: [{ ...SUM, type: 'float' }] }));
    const [first, second] = await world.plan('activity');
    expect(await world.perform(first ?? 0)).toMatchObject({ kind: 'completed' });
    await mysqlDo(shop, 'alter table user_events modify amount varchar(20)');
    expect(await world.perform(second ?? 0)).toMatchObject({ kind: 'discarded', failure: { code: 'SOURCE_SHAPE' } });
  });
});
