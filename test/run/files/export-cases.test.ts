import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ViewFiles } from '../../../src/definition/view.ts';
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
const FLOAT = { types: { v: 'float' } } as const;
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
    ['UTF-16', { files: ['utf16.csv'], table: { types: { v: 'float' }, encoding: 'utf-16' } }, { 1: '2.5' }],
    [
      'titles and a total',
      { files: ['title-and-footer.csv'], table: { types: { v: 'float' }, csv: { skipLines: 3, footerLines: 1 } } },
      { 1: '2.5', 2: '9.5' },
    ],
    [
      'records in an object',
      { files: ['wrapped.json'], table: { ...FLOAT, records: '$.data' } },
      { 1: '2.5', 2: '9.5' },
    ],
  ])('store their content: %s', async (_, what, stored) => {
    expect(await outcomeOf(what)).toEqual(right(stored));
  });

  test('store texts in Latin-1 and numbers with a decimal comma', async () => {
    const table: Partial<ViewFiles> = {
      types: { betrag: 'decimal' },
      encoding: 'latin-1',
      csv: { delimiter: ';', decimalMark: ',', thousands: '.' },
    };
    const what = { files: ['latin1-semicolon-comma.csv'], table };
    expect(await outcomeOf({ ...what, value: 'betrag', type: 'decimal' })).toEqual(right({ 1: '1234.5', 2: '0.05' }));
    expect(await outcomeOf({ ...what, value: 'ort', type: 'string' })).toEqual(right({ 1: 'Köln', 2: 'Zürich' }));
  });

  test('have null in quotes with quoted_null, which is refused unless the feature is nullable', async () => {
    const what: LakeCase = { files: ['quoted-empty.csv'], table: { ...FLOAT, csv: { quotedNull: true } } };
    expect(await outcomeOf({ ...what, nullable: true })).toEqual({
      stored: { 5: null, 6: '1.5' },
      notes: [],
      refused: {},
    });
    expect(await outcomeOf(what)).toEqual({ stored: { 6: '1.5' }, notes: [], refused: { value_null: 1 } });
  });

  test.each<[string, LakeCase, string]>([
    [
      'UTF-16 without `encoding`',
      { files: ['utf16.csv'] },
      '2026-01-01/0-utf16.csv is broken: it is UTF-16; set `encoding: utf-16` in the view.',
    ],
    [
      'titles without `skip_lines`',
      { files: ['title-and-footer.csv'] },
      '; the first lines of 2026-01-01/0-title-and-footer.csv are "Report: sales", "Created 2026-01-02", "", "id,v", "1,2.5"; set `skip_lines: 3` in the view if line 4 is the header.',
    ],
    [
      'titles without `skip_lines` and types',
      { files: ['title-and-footer.csv'], ...TEXT },
      '"Created 2026-01-02", "", "id,v", "1,2.5"; set `skip_lines: 3` in the view if line 4 is the header',
    ],
    [
      'records in an object without `records`',
      { files: ['wrapped.json'] },
      '2026-01-01/0-wrapped.json is broken: it has no record; its keys are data, next; if the records are in the list data, set `records: $.data` in the view.',
    ],
  ])('fail with a message that says what to set: %s', async (_, what, sentence) => {
    expect(await outcomeOf(what)).toEqual({ state: 'failed', error: expect.stringContaining(sentence) });
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
