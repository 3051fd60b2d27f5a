// A table of values that are easy to get slightly wrong. Every kind of source must return the same for it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import { parseMicros } from '../../src/feature-types/iso-time.ts';
import type { Extraction } from '../../src/sources/source.ts';
import { allRows, type SourceWorld } from './source-contract.ts';
import { eventsView, feature } from './worlds.ts';

/** The contents of the columns, so that a loader can choose an exact type. Times are UTC. */
export const EXACT_COLUMNS = {
  entity_id: 'text',
  /** With a zone, on 2026-01-31: `2026-01-31 00:00:00.000001+00`. */
  happened_at: 'timestamptz',
  /** 64 bits, signed. */
  whole: 'int',
  /** decimal(38, 18); each value is written with all of its 18 digits after the point. */
  exact: 'decimal',
  /** 64 bits. */
  inexact: 'float',
  words: 'text',
  is_new: 'bool',
  /** Without a zone, six digits after the point: `1969-12-31 23:59:59.999999`. */
  moment: 'timestamp',
  /** `1969-12-31`. */
  day: 'date',
  /** JSON text; a text column if the source has no such type. */
  document: 'json',
} as const;

export type ExactColumn = keyof typeof EXACT_COLUMNS;
/** The values of one row as strings, in the format shown in the comments of EXACT_COLUMNS. */
export type ExactRow = Readonly<Record<ExactColumn, string | null>>;

const PLAIN: ExactRow = {
  entity_id: 'plain',
  happened_at: '2026-01-31 12:00:00.000000+00',
  whole: '1',
  exact: '1.500000000000000000',
  inexact: '1.5',
  words: 'a word',
  is_new: 'true',
  moment: '2026-01-31 12:00:00.000000',
  day: '2026-01-31',
  document: '{"a": 1}',
};

const LARGEST_DOUBLE = '1.7976931348623157e308';

/** Each row differs from a plain one in what its entity_id names. */
const VARIATIONS: readonly (Partial<ExactRow> & { readonly entity_id: string })[] = [
  { entity_id: 'plain' },
  { entity_id: 'first microsecond', happened_at: '2026-01-31 00:00:00.000000+00' },
  { entity_id: 'second microsecond', happened_at: '2026-01-31 00:00:00.000001+00' },
  { entity_id: 'last microsecond', happened_at: '2026-01-31 23:59:59.999999+00' },
  { entity_id: '2^53', whole: '9007199254740992', exact: '9007199254740992.000000000000000001' },
  { entity_id: '2^53 + 1', whole: '9007199254740993', exact: '9007199254740993.000000000000000000' },
  { entity_id: '-2^53 - 1', whole: '-9007199254740993', exact: '-9007199254740993.000000000000000001' },
  { entity_id: 'largest', whole: '9223372036854775807', exact: `${'9'.repeat(20)}.${'9'.repeat(18)}` },
  { entity_id: 'smallest', whole: '-9223372036854775808', exact: `-${'9'.repeat(20)}.${'9'.repeat(18)}` },
  { entity_id: 'zero', whole: '0', exact: '0.000000000000000000', inexact: '0' },
  { entity_id: 'one in the last digit', exact: '0.000000000000000001', inexact: '0.30000000000000004' },
  { entity_id: 'a tenth', exact: '-0.100000000000000000', inexact: '0.1' },
  { entity_id: 'largest double', inexact: LARGEST_DOUBLE },
  { entity_id: 'smallest double', inexact: '-2.2250738585072014e-308' },
  { entity_id: 'full mantissa', inexact: '1.2345678901234567e22' },
  { entity_id: '1 + epsilon', inexact: '1.0000000000000002' },
  { entity_id: 'negative zero', inexact: '-0' },
  { entity_id: 'pi', inexact: '-3.141592653589793' },
  { entity_id: 'quotes', words: `'one' "two" \`three\` \\four \\N, five; {six} %s $1 ?` },
  { entity_id: 'lines', words: 'first\nsecond\r\nthird\tend ' },
  { entity_id: 'Zażółć gęślą jaźń', words: 'naïve Ελληνικά 漢字 हिन्दी עברית' },
  { entity_id: '🦊', words: '👩‍👩‍👧‍👦 e\u0301 é \u{10ffff}' },
  { entity_id: 'empty', words: '', is_new: 'false' },
  { entity_id: 'null text', words: 'null', document: 'null' },
  { entity_id: 'before 1970', moment: '1969-12-31 23:59:59.999999', day: '1969-12-31' },
  { entity_id: '1900', moment: '1900-01-01 00:00:00.000001', day: '1899-12-31' },
  { entity_id: 'leap day', moment: '2000-02-29 23:59:59.000001', day: '2000-02-29' },
  { entity_id: 'far', moment: '2199-12-31 23:59:59.999999', day: '9999-12-31' },
  { entity_id: 'document', document: '{"ś": ["🦊", null, -1.5, true, {"": "\\"\\n"}]}' },
  { entity_id: 'digits of a document', document: '{"a": [1.10, 10000000000000000001]}' },
  {
    entity_id: 'nulls',
    whole: null,
    exact: null,
    inexact: null,
    words: null,
    is_new: null,
    moment: null,
    day: null,
    document: null,
  },
];

/** The table, in the order in which it is stored and read. */
export const EXACT_ROWS: readonly ExactRow[] = VARIATIONS.map((changes) => ({ ...PLAIN, ...changes }));

const DAY = interval(epochMsOf(Date.UTC(2026, 0, 31)), epochMsOf(Date.UTC(2026, 1, 1)));
const FEATURES = [
  feature('whole', 'int', { nullable: true }),
  feature('exact', 'decimal', { nullable: true }),
  feature('inexact', 'float', { nullable: true }),
  feature('words', 'string', { nullable: true }),
  feature('is_new', 'bool', { nullable: true }),
  feature('moment', 'timestamp', { nullable: true }),
  feature('day', 'timestamp', { nullable: true }),
  feature('document', 'json', { nullable: true }),
];

/**
 * Reads the table from a kind of source; `open` puts the rows, in their order, where the source finds them. `missing` names
 * the rows whose values the source itself cannot hold.
 */
export function testExactValues(
  kind: string,
  open: (rows: readonly ExactRow[]) => Promise<SourceWorld>,
  missing: readonly string[] = [],
): void {
  const expected = EXACT_ROWS.filter(({ entity_id }) => !missing.includes(entity_id ?? ''));
  describe(`${kind} source, exact values`, () => {
    let world: SourceWorld;
    let found: ReadonlyMap<string | null, readonly (string | null)[]>;
    beforeAll(async () => {
      world = await open(expected);
      const rows = await allRows(world.source, exactExtraction(world), new AbortController().signal);
      found = new Map(rows.map((row) => [row[0] ?? null, row]));
    });
    afterAll(() => world[Symbol.asyncDispose]());

    test('returns each row once', () => {
      expect([...found.keys()].sort()).toEqual(expected.map((row) => row.entity_id).sort());
    });

    test.each(expected)('keeps $entity_id', (row) => {
      const texts = found.get(row.entity_id) ?? [];
      expect(Object.fromEntries(COLUMNS.map((column, index) => [column, known(column, texts[index] ?? null)]))).toEqual(
        Object.fromEntries(COLUMNS.map((column) => [column, known(column, row[column])])),
      );
    });
  });
}

const COLUMNS = Object.keys(EXACT_COLUMNS) as ExactColumn[]; // its own keys

/** A reading of the whole table: a row per event, with a feature per type. */
export function exactExtraction(world: Pick<SourceWorld, 'table' | 'view'>): Extraction {
  const list = COLUMNS.map((column) => (column === 'happened_at' ? 'happened_at as timestamp' : column)).join(', ');
  const query = `select ${list} from ${world.table} where happened_at >= {{start}} and happened_at < {{end}}`;
  return { view: eventsView({ features: FEATURES, query, ...world.view }), span: DAY };
}

/** The value that a string stands for; strings of one value may differ where the row check takes them for the same. */
function known(column: ExactColumn, text: string | null): unknown {
  if (text === null) return null;
  switch (EXACT_COLUMNS[column]) {
    case 'float':
      return Number(text);
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return parseMicros(text);
    case 'json':
      // A JSON file has one null for both.
      return text === 'null' ? null : jsonTokens(text);
    case 'decimal':
      // Files without types have no scale.
      return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    default:
      return text;
  }
}

/** What a JSON text is made of, without the spaces between; numbers as they are written. */
function jsonTokens(text: string): readonly string[] {
  JSON.parse(text);
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[^\s"]/g) ?? [];
  return tokens.map((token) => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token));
}
