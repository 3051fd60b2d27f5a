import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
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
  try {
    requireColumns(view, columns(list));
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).code).toBe('SOURCE_SHAPE');
    return (error as Failure).message;
  }
  return 'accepted';
}

describe('requireColumns', () => {
  test('finds every column, in whatever order the source has them', () => {
    const layout = requireColumns(eventsView(), columns([...GOOD, ['tie_break', 'int']]));
    expect([layout.entityId.index, layout.timestamp.index, layout.tieBreak?.index]).toEqual([0, 3, 4]);
    expect(layout.features.map(({ feature: { name }, column }) => [name, column.index])).toEqual([
      ['amount', 1],
      ['lines', 2],
    ]);
  });

  test('names what is missing, what is too much, and what was found', () => {
    expect(sentence([GOOD[0] ?? ['', 'text'], ['amont', 'float'], ['lines', 'int'], ['timestamp', 'date']])).toBe(
      'View customer_orders: amount is missing; "amont" is not expected. Found the columns "entity_id" native text, ' +
        '"amont" native float, "lines" native int, "timestamp" native date; ' +
        'expected are entity_id, timestamp, amount, lines and, if wanted, tie_break.',
    );
  });

  test('refuses a column that occurs twice', () => {
    expect(sentence([...GOOD, ['lines', 'int']])).toContain('lines occurs 2 times');
  });

  test('refuses a column of another type, and says what to do about text in a file', () => {
    const wrong = GOOD.map(([name, type]) => [name, name === 'amount' ? 'text' : type] as const);
    expect(sentence(wrong)).toContain('amount is native text where float, int or decimal is expected.');
    expect(sentence(wrong, eventsView({ files: viewFiles({ format: 'csv' }) }))).toContain('name it under types');
    expect(sentence([...GOOD, ['tie_break', 'json']])).toContain('tie_break is native json');
  });

  test('refuses columns named like parts of every object', () => {
    expect(sentence([...GOOD, ['__proto__', 'text'], ['constructor', 'text']])).toMatch(
      /"__proto__" is not expected; "constructor" is not expected/,
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
