import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LakeCase, type LakeWorld, openLakeWorld } from './lake-cases.ts';

let lake: LakeWorld;
beforeAll(async () => {
  lake = await openLakeWorld();
});
afterAll(() => lake[Symbol.asyncDispose]());

async function outcomeOf(what: LakeCase) {
  const { state, error, stored, notes, refused } = await lake.materialize(await lake.define(what));
  return state === 'done' ? { stored, notes, refused } : { state, error };
}

const right = (stored: Readonly<Record<string, string>>) => ({ stored, notes: [], refused: {} });
const TEXT = { value: 'v::double', table: { types: {} } } as const;

describe('files as tools export them, through whole runs', () => {
  test.each<[string, LakeCase, Readonly<Record<string, string>>]>([
    ['a first line sep=,', { files: ['sep-line.csv'] }, { 1: '2.5' }],
    ['a delimiter at the end of each line', { files: ['trailing-delimiter.csv'] }, { 1: '2.5', 2: '9.5' }],
    ['an unused name twice', { files: ['double-unused-header.csv'] }, { 1: '2.5' }],
    ['an empty list', { files: ['empty-list.json'] }, {}],
    ['an empty list, without types', { files: ['empty-list.json'], ...TEXT }, {}],
    ['no line', { files: ['nothing.ndjson'] }, {}],
    ['no line, without types', { files: ['nothing.ndjson'], ...TEXT }, {}],
    ['concatenated objects', { files: ['concatenated.json'] }, { 1: '2.5', 2: '9.5' }],
    [
      'a query in another case',
      { files: ['upper-case.csv'], value: 'v', table: { types: { v: 'float' } } },
      { 1: '2.5' },
    ],
  ])('store their content: %s', async (_, what, stored) => {
    expect(await outcomeOf(what)).toEqual(right(stored));
  });

  test('are refused if the query uses a column that the header has twice', async () => {
    expect(await outcomeOf({ files: ['double-unused-header.csv'], value: 'x', type: 'string' })).toEqual({
      state: 'failed',
      error: expect.stringContaining(
        'column "x" cannot be used: the header of 2026-01-01/0-double-unused-header.csv has duplicate names',
      ),
    });
  });

  test('may be empty among others, and the run notes which', async () => {
    expect(await outcomeOf({ files: ['good-day.csv', 'nothing.ndjson'] })).toEqual({
      stored: Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}`, `${index}.5`])),
      notes: ['2026-01-01/1-nothing.ndjson is empty'],
      refused: {},
    });
  });

  test('spell decimals with exponents, and are refused for a digit too many', async () => {
    const what = { files: ['exponents.ndjson'], type: 'decimal', table: { types: { v: 'decimal' } } } as const;
    expect(await outcomeOf(what)).toEqual({
      stored: { 1: '0.00001', 2: '100', 3: '1000' },
      notes: [],
      refused: { field_wrong_type: 1 },
    });
    expect(await lastRefused()).toContain(
      'v is "1e-12", not a decimal of at most 29 digits before and 9 after the point',
    );
  });

  test('spell whole numbers 1.0 and 1e3, and are refused for 1.5', async () => {
    const what = { files: ['whole-numbers.ndjson'], value: 'n', type: 'int', table: { types: { n: 'int' } } } as const;
    expect(await outcomeOf(what)).toEqual({
      stored: { 1: '1', 2: '1000' },
      notes: [],
      refused: { field_wrong_type: 1 },
    });
    expect(await lastRefused()).toContain('n is "1.5", not a 64-bit integer');
  });

  test('keep the rows of a good day whose file comes again with every row wrong', async () => {
    const good = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}`, `${index}.5`]));
    const name = await lake.define({ files: ['good-day.csv'] });
    expect(await lake.materialize(name)).toMatchObject({ state: 'done', stored: good });
    lake.place(name, ['decimal-comma-day.csv']);
    await lake.world.sql(
      `update millrace.coverage set stale = covered where view_id = (select id from millrace.view where name = $1)`,
      [name],
    );
    expect(await lake.materialize(name)).toMatchObject({ state: 'failed', stored: good });
  });
});

async function lastRefused(): Promise<unknown> {
  const [row] = await lake.world.sql('select detail from millrace.quarantine order by run_id desc limit 1');
  return row?.['detail'];
}
