import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { ColumnType } from '../../src/feature-types/column-type.ts';
import type { Column } from '../../src/rows/batch.ts';
import { requireColumns, stagingColumns } from '../../src/rows/layout.ts';
import { eventsView, feature, viewFiles } from '../sources/worlds.ts';

const GOOD: readonly [string, ColumnType][] = [
  ['entity_id', 'text'],
  ['amount', 'float'],
  ['lines', 'int'],
  ['timestamp', 'timestamptz'],
];

function columns(list: readonly (readonly [string, ColumnType])[]): Column[] {
  return list.map(([name, type]) => ({ name, type, nativeType: `native ${type}` }));
}

function sentence(list: readonly (readonly [string, ColumnType])[], view = eventsView()): string {
  return messageOf(columns(list), view);
}

function messageOf(found: readonly Column[], view: FeatureView): string {
  try {
    requireColumns(view, found);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).code).toBe('SOURCE_SHAPE');
    return (error as Failure).message;
  }
  return 'accepted';
}

describe('requireColumns', () => {
  test('finds every column, in any order', () => {
    const layout = requireColumns(eventsView(), columns([...GOOD, ['tie_break', 'int']]));
    expect([layout.key[0]?.index, layout.timestamp.index, layout.tieBreak?.index]).toEqual([0, 3, 4]);
    expect(layout.features.map(({ feature: { name }, column }) => [name, column.index])).toEqual([
      ['amount', 1],
      ['lines', 2],
    ]);
  });

  test('names missing and unexpected columns, and those found', () => {
    expect(sentence([GOOD[0] ?? ['', 'text'], ['amont', 'float'], ['lines', 'int'], ['timestamp', 'date']])).toBe(
      'View customer_orders: amount is missing; "amont" is unexpected. Found the columns "entity_id" native text, ' +
        '"amont" native float, "lines" native int, "timestamp" native date; ' +
        'expected entity_id, timestamp, amount, lines and optionally tie_break.',
    );
  });

  test('refuses a duplicate column', () => {
    expect(sentence([...GOOD, ['lines', 'int']])).toContain('lines appears 2 times');
  });

  test('refuses a column of another type, and suggests types for text in a file', () => {
    const wrong = GOOD.map(([name, type]) => [name, name === 'amount' ? 'text' : type] as const);
    expect(sentence(wrong)).toContain('amount is native text, expected float, int or decimal (cast it in the query).');
    expect(sentence(wrong, eventsView({ files: viewFiles({ format: 'csv' }) }))).toContain(
      'declare it under `types`, or cast it in the query',
    );
    expect(sentence([...GOOD, ['tie_break', 'json']])).toContain('tie_break is native json');
  });

  test.each([
    ['money', 'other', 'float', '::numeric'],
    ['interval', 'other', 'int', 'extract(epoch from …)'],
    ['inet', 'other', 'string', '::text'],
    ['bytea', 'other', 'string', "encode(…, 'hex')"],
    ['interval', 'other', 'string', '::text'],
  ] as const)('suggests a cast of %s', (nativeType, type, featureType, cast) => {
    const found = columns(GOOD).map((column) => (column.name === 'amount' ? { ...column, type, nativeType } : column));
    const view = eventsView({ features: [feature('amount', featureType), feature('lines', 'int')] });
    expect(messageOf(found, view)).toContain(`(cast it in the query, for example with ${cast})`);
  });

  test('suggests to convert a number to a time', () => {
    const wrong = GOOD.map(([name, type]) => [name, name === 'timestamp' ? 'int' : type] as const);
    expect(sentence(wrong)).toContain(
      'timestamp is native int, expected timestamptz, timestamp, date or text (convert it to a time in the query)',
    );
  });

  test('is short for a view of hundreds of features', () => {
    const features = Array.from({ length: 500 }, (_, index) => feature(`a_feature_with_a_long_name_${index}`, 'int'));
    const message = sentence(GOOD, eventsView({ features }));
    expect(message.length).toBeLessThanOrEqual(500);
    expect(message).toMatch(/; and 499 more problems\. Found the columns .* and 497 more and optionally tie_break\.$/);
  });

  test('refuses columns named like parts of every object', () => {
    expect(sentence([...GOOD, ['__proto__', 'text'], ['constructor', 'text']])).toMatch(
      /"__proto__" is unexpected; "constructor" is unexpected/,
    );
  });
});

describe('stagingColumns', () => {
  test('has a column for each field of a line', () => {
    const view = eventsView({ features: [feature('amount', 'decimal'), feature('embedding', 'vector(3)')] });
    const layout = requireColumns(
      view,
      columns([
        ['entity_id', 'int'],
        ['timestamp', 'date'],
        ['embedding', 'array'],
        ['amount', 'int'],
        ['tie_break', 'timestamp'],
      ]),
    );
    expect(stagingColumns(view, layout)).toEqual([
      { name: 'entity_id', sqlType: 'text collate "C"' },
      { name: 'event_timestamp', sqlType: 'timestamptz' },
      { name: 'amount', sqlType: 'numeric' },
      { name: 'embedding', sqlType: 'double precision[]' },
      { name: 'tie_break', sqlType: 'timestamptz' },
    ]);
  });
});
