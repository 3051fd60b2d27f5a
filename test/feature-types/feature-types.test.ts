// Tests of every feature type. A new type must be added to VALUES.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FILE_KINDS, jsonSchemaOf } from '../../src/definition/reference/json-schema.ts';
import { unescapeCopy } from '../../src/feature-types/copy-text.ts';
import { entryOf, type FeatureValue, fileCastOf, numbersOf } from '../../src/feature-types/index.ts';
import { featureSpellings, fileSpellings } from '../../src/feature-types/spelling.ts';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import type { SampleType } from '../support/feature-types.ts';
import { freshDatabase } from '../support/servers.ts';

/** Type → the text of a source, the text stored online, and the value that readers get. */
const VALUES: Readonly<Record<SampleType, readonly [source: string, stored: string, value: FeatureValue]>> = {
  float: ['1.50', '1.5', 1.5],
  int: ['9007199254740993', '9007199254740993', 9_007_199_254_740_993n],
  decimal: ['1.50', '1.50', '1.50'],
  string: ['a\\b\n', 'a\\b\n', 'a\\b\n'],
  bool: ['true', 'true', true],
  json: ['{"b":[1.50,null],"a":"x"}', '{"a": "x", "b": [1.50, null]}', { a: 'x', b: [1.5, null] }],
  timestamp: ['2026-01-31T12:00:00.5+02:00', '2026-01-31T10:00:00.500000Z', '2026-01-31T10:00:00.500000Z'],
  'vector(2)': ['[1.50, -0]', '[1.5,-0]', [1.5, -0]],
};

const TYPES = Object.keys(VALUES) as SampleType[]; // the keys written above

let database: Database;
beforeAll(async () => {
  database = openDatabase({
    url: await freshDatabase(),
    role: { label: 'the test', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 1,
    connectTimeoutMs: 5_000,
    idleInTransactionMs: 60_000,
    applicationName: 'test',
  });
});
afterAll(() => database[Symbol.asyncDispose]());

describe('entryOf', () => {
  test.each(TYPES)('carries a %s from a source through Postgres to a reader', async (type) => {
    const [source, stored, value] = VALUES[type];
    const entry = entryOf(type);
    const field = entry.check(entry.columns[0], numbersOf(type))(source);
    if (typeof field !== 'string') throw new Error(`refused: ${field.reason}`);
    const [row] = await database.query<{ text: string }>(
      `select ${entry.textSql('value')} as text from (select $1::text::${entry.sqlType} as value) as one`,
      [unescapeCopy(field)],
    );
    expect(row?.text).toBe(stored);
    expect(entry.isText(stored)).toBe(true);
    expect(entry.fromText(stored)).toEqual(value);
  });

  test('refuses to read text of another type as a float or bool, but reads what Postgres writes for floats', () => {
    const { fromText } = entryOf('float');
    expect(['NaN', 'Infinity', '-Infinity', '-0', '1e+308'].map(fromText)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
      1e308,
    ]);
    for (const text of ['', ' ', 'high', '1e999']) expect(() => fromText(text)).toThrow(SyntaxError);
    for (const text of ['', 'high', 't']) expect(() => entryOf('bool').fromText(text)).toThrow(SyntaxError);
  });
});

describe('fileCastOf', () => {
  test('keeps text unchanged, and gives a decimal the digits of its parameters', () => {
    expect(fileCastOf('string')).toBeNull();
    expect(fileCastOf('decimal')?.value('c')).toBe('try_cast(c as decimal(38, 9))');
    expect(fileCastOf('decimal(10,2)')?.value('c')).toBe('try_cast(c as decimal(10, 2))');
  });
});

describe('numbersOf', () => {
  test.each([
    ['decimal(10,2)', [10, 2]],
    ['vector(2)', [2]],
    ['float', []],
    // As definitions of fuzz tests have them: the time for this must not grow with the square of its length.
    ['('.repeat(100_000), []],
  ])('reads the parameters of a type (%#)', (type, numbers) => {
    expect(numbersOf(type)).toEqual(numbers);
  });
});

describe('featureSpellings', () => {
  test('lists every type of views, and those of files only', () => {
    expect(
      featureSpellings()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(TYPES.map((type) => type.replace(/\(.*/, '')).sort());
    expect(fileSpellings().map(({ text }) => text)).toEqual(['decimal(p,s)']);
  });

  test.each(featureSpellings())('$text is in the guides and in the schema that editors use', ({ text, parameters }) => {
    const page = (name: string) => readFileSync(path.resolve(import.meta.dirname, '../../docs', name), 'utf8');
    expect(page('concepts/rows.md').includes(`\`${text}\``), 'in docs/concepts/rows.md').toBe(true);
    expect(
      page('reference/files/feature-types.md').includes(`\n| \`${text}\` |`),
      'in docs/reference/files/feature-types.md',
    ).toBe(true);
    const view = FILE_KINDS.find(({ schema }) => schema === 'view');
    if (view === undefined) throw new Error('no schema of views');
    expect(JSON.stringify(jsonSchemaOf(view).properties?.['type'])).toContain(
      parameters === null ? `"${text}"` : `^${text.split('(')[0]}`,
    );
  });
});
