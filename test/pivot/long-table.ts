// A long table in each kind of source, and what a view with `pivot` makes of it.

import { expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { FeatureType } from '../../src/feature-types/index.ts';
import { createRowCheck } from '../../src/rows/check.ts';
import { requireColumns } from '../../src/rows/layout.ts';
import { openReading, type Source } from '../../src/sources/source.ts';
import { eventsView, feature } from '../sources/worlds.ts';

export type LongRow = readonly [userId: string, at: string, name: string, value: string | null];

const DAY = interval(epochMsOf(Date.UTC(2026, 0, 31)), epochMsOf(Date.UTC(2026, 1, 1)));

/** At 10 and 11 o'clock of the day. Names and ids differ in case and in spaces. */
export const LONG_ROWS: readonly LongRow[] = [
  ['ann', '2026-01-31 10:00:00', 'city', "Łódź, 'x'"],
  ['ann', '2026-01-31 10:00:00', 'clicks', '9007199254740993'],
  ['ann', '2026-01-31 10:00:00', 'member', 'TRUE'],
  ['ann', '2026-01-31 10:00:00', 'unlisted', 'ignored'],
  ['ann', '2026-01-31 10:00:00', 'City', 'another name'],
  ['ann', '2026-01-31 11:00:00', 'city', 'Gdynia'],
  ['Ann', '2026-01-31 10:00:00', 'clicks', '-1'],
  ['bob', '2026-01-31 10:00:00', 'spend', '0.10'],
  ['bob', '2026-01-31 10:00:00', 'clicks', null],
  ['cat', '2026-01-31 10:00:00', 'unlisted', 'no row'],
  ['dan', '2026-01-31 10:00:00', 'clicks', 'many'],
  ['eve', '2026-01-31 10:00:00', 'city', 'Hel'],
  ['eve', '2026-01-31 10:00:00', 'city', 'Hel'],
  ['fay', '2026-01-31 10:00:00', 'clicks', '1'],
  ['fay', '2026-01-31 10:00:00', 'clicks', null],
];

const FEATURES: readonly [string, FeatureType][] = [
  ['city', 'string'],
  ['clicks', 'int'],
  ['member', 'bool'],
  ['spend', 'decimal'],
];

export const LONG_QUERY = `select user_id as entity_id, event_time as timestamp, feature_name, feature_value
  from user_features where event_time >= {{start}} and event_time < {{end}}; -- the whole table`;

/** A view over `user_features`. */
export function pivotView(changes: Partial<FeatureView> = {}): FeatureView {
  return eventsView({
    name: 'traits',
    features: FEATURES.map(([name, type]) => feature(name, type, { nullable: true })),
    pivot: { name: 'feature_name', value: 'feature_value' },
    query: LONG_QUERY,
    ...changes,
  });
}

/** The accepted rows as fields of text, and the refused ones; both sorted. */
export async function pivoted(source: Source, view: FeatureView = pivotView()) {
  await using reading = await openReading(source, { view, span: DAY }, new AbortController().signal);
  const layout = requireColumns(view, reading.columns);
  const check = createRowCheck({ view, layout, range: null, latestAllowedMicros: Date.UTC(2027, 0, 1) * 1_000 });
  const rows: string[][] = [];
  const refused: string[] = [];
  for await (const batch of reading.rows()) {
    const checked = check.check(batch);
    rows.push(
      ...checked.text
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
        .map(fields),
    );
    refused.push(...checked.refused.map((row) => `${row.row['entity_id']} ${row.reason}: ${row.detail}`));
  }
  return { rows: rows.sort((a, b) => (a.join() < b.join() ? -1 : 1)), refused: refused.sort() };
}

function fields(line: string): string[] {
  const [id = '', time = '', ...values] = line.split('\t');
  return [id, time.slice(11, 13), ...values];
}

export function testPivot(
  kind: string,
  open: (rows: readonly LongRow[]) => Promise<Source>,
  view: Partial<FeatureView>,
): void {
  test(`joins the rows of an entity and time: ${kind}`, async () => {
    await using source = await open(LONG_ROWS);

    expect(await pivoted(source, pivotView(view))).toEqual({
      rows: [
        ['Ann', '10', '\\N', '-1', '\\N', '\\N'],
        ['ann', '10', "Łódź, 'x'", '9007199254740993', 'true', '\\N'],
        ['ann', '11', 'Gdynia', '\\N', '\\N', '\\N'],
        ['bob', '10', '\\N', '\\N', '\\N', expect.stringMatching(/^0\.10?$/)],
      ],
      refused: [
        'dan value_wrong_type: clicks is "many", not a whole number',
        'eve value_repeated: city has more than one row with this entity_id and timestamp; expected one',
        'fay value_repeated: clicks has more than one row with this entity_id and timestamp; expected one',
      ],
    });
  });
}
