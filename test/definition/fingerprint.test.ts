import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { dataFingerprint, metaFingerprint, rebuildFingerprint } from '../../src/definition/fingerprint.ts';
import type { Feature, FeatureView, ViewFiles } from '../../src/definition/view.ts';

const amount: Feature = {
  name: 'amount',
  column: 'amount',
  type: 'float',
  nullable: false,
  nullsMax: null,
  min: null,
  max: null,
};
const lines: Feature = { ...amount, name: 'lines', column: 'lines', type: 'int' };
const files: ViewFiles = {
  pattern: '{yyyy}-{MM}-{dd}.csv',
  format: 'csv',
  types: { a: 'int', b: 'float' },
  windowMs: 86_400_000,
  onMissing: 'empty',
  lateMs: 0,
  onBadField: 'refuse',
};
const view: FeatureView = {
  name: 'orders',
  description: 'Orders',
  entity: 'customer',
  tags: [],
  source: 'shop',
  kind: 'events',
  unitMs: 86_400_000,
  start: epochMsOf(0),
  end: null,
  settleMs: 0,
  lookbackUnits: 0,
  ttlMs: null,
  catchUp: 'all',
  after: [],
  freshnessMs: null,
  failuresMax: 5,
  features: [amount, lines],
  query: "select id, at, amount, lines from orders where at >= {{start}} and at < {{end}} and state = 'open'",
  columns: null,
  files: null,
  refusedMax: 0.01,
  removedMax: 0.1,
  rowsMin: 0,
  redacted: false,
};
const lake: FeatureView = { ...view, files: { files }, query: null, columns: { entity_id: 'a', timestamp: 'b' } };

/** The fingerprints that differ between a view and a changed copy. */
function changed(before: FeatureView, change: Partial<FeatureView>): string[] {
  const after = { ...before, ...change };
  const fingerprints = { data: dataFingerprint, meta: metaFingerprint, rebuild: rebuildFingerprint };
  return Object.entries(fingerprints).flatMap(([kind, of]) => (of(before) === of(after) ? [] : [kind]));
}

describe('dataFingerprint', () => {
  test('is 16 hex digits that are the same in every release', () => {
    expect([dataFingerprint(view), metaFingerprint(view), rebuildFingerprint(view)]).toEqual([
      '7c4bc6c38b94a83e',
      '0c48fcb91588bd9f',
      '768eb7569364b832',
    ]);
    expect([dataFingerprint(lake), metaFingerprint(lake), rebuildFingerprint(lake)]).toEqual([
      '6aa909d5bca96a89',
      '106938928e638d89',
      '768eb7569364b832',
    ]);
  });

  test.each<[string, Partial<FeatureView>]>([
    ['a filter', { query: view.query?.replace('open', 'closed') ?? null }],
    ['a space in a string', { query: view.query?.replace("'open'", "'open '") ?? null }],
    ['a comparison', { query: view.query?.replace('>=', '>') ?? null }],
    ['the source', { source: 'other' }],
    ['the kind', { kind: 'snapshot' }],
    ['the unit', { unitMs: 3_600_000 }],
    ['the type of a feature', { features: [{ ...amount, type: 'decimal' }, lines] }],
    ['the column of a feature', { features: [{ ...amount, column: 'total' }, lines] }],
  ])('changes with %s', (_, change) => {
    expect(changed(view, change)).toContain('data');
  });

  test.each<[string, Partial<FeatureView>]>([
    ['the pattern', { files: { files: { ...files, pattern: 'x/{yyyy}-{MM}-{dd}.csv' } } }],
    ['the format', { files: { files: { ...files, format: 'json' } } }],
    ['a type', { files: { files: { ...files, types: { a: 'int', b: 'decimal' } } } }],
    ['the files window', { files: { files: { ...files, windowMs: 172_800_000 } } }],
    ['what a missing file does', { files: { files: { ...files, onMissing: 'fail' } } }],
    ['how csv is written', { files: { files: { ...files, csv: { delimiter: ';' } } } }],
    ['the columns', { columns: { entity_id: 'a', timestamp: 'c' } }],
  ])('of a view over files changes with %s', (_, change) => {
    expect(changed(lake, change)).toEqual(['data']);
  });

  test.each<[string, Partial<FeatureView>]>([
    ['the name of its table', { files: { sales: files } }],
    ['another table', { files: { files, customers: files } }],
  ])('of a view over files changes with %s, as the meta fingerprint does', (_, change) => {
    expect(changed(lake, change)).toEqual(['data', 'meta']);
  });

  test.each<[string, Partial<FeatureView>]>([
    [
      'spacing',
      { query: view.query?.replaceAll(' and ', '\n   and\t').replace('= {{start}}', '={{ start }}') ?? null },
    ],
    ['a comment', { query: `-- every open order, as {{end}}\n${view.query} /* it's so */;\n` }],
    ['the order of features', { features: [lines, amount] }],
  ])('does not change with %s', (_, change) => {
    expect(changed(view, change)).toEqual(['meta']);
  });

  test('does not change with the order of keys', () => {
    expect(
      changed(lake, {
        files: { files: { ...files, types: { b: 'float', a: 'int' } } },
        columns: { timestamp: 'b', entity_id: 'a' },
      }),
    ).toEqual([]);
  });
});

describe('metaFingerprint', () => {
  test.each<[string, Partial<FeatureView>]>([
    ['description', { description: 'All orders' }],
    ['tags', { tags: ['a'] }],
    ['entity', { entity: 'person' }],
    ['start', { start: epochMsOf(86_400_000) }],
    ['end', { end: epochMsOf(86_400_000) }],
    ['settle', { settleMs: 1 }],
    ['lookback', { lookbackUnits: 1 }],
    ['catch_up', { catchUp: 'none' }],
    ['limits', { refusedMax: 0.5, removedMax: 0.5, rowsMin: 5 }],
    ['duplicates_max', { duplicatesMax: 0.5 }],
    ['rows_max', { rowsMax: 5 }],
    ['redacted', { redacted: true }],
    ['safe_bound', { safeBound: true }],
    ['min', { features: [{ ...amount, min: 0 }, lines] }],
  ])('alone changes with %s', (_, change) => {
    expect(changed(view, change)).toEqual(['meta']);
  });

  test('alone changes with on_bad_field of one of several tables', () => {
    const tables: FeatureView = { ...lake, files: { a: files, b: files } };
    expect(changed(tables, { files: { a: files, b: { ...files, onBadField: 'fail' } } })).toEqual(['meta']);
  });

  test('alone changes with on_bad_field', () => {
    expect(changed(lake, { files: { files: { ...files, onBadField: 'fail' } } })).toEqual(['meta']);
  });
});

describe('rebuildFingerprint', () => {
  test.each<[string, Partial<FeatureView>]>([
    ['ttl', { ttlMs: 1 }],
    ['nullable', { features: [{ ...amount, nullable: true }, lines] }],
    ['the name of a feature', { features: [{ ...amount, name: 'total' }, lines] }],
  ])('changes, with the meta fingerprint, with %s', (_, change) => {
    expect(changed(view, change)).toEqual(['meta', 'rebuild']);
  });
});
