// The contract of sources (src/sources/source.ts). Each kind runs it with a real server or real files.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure, messageOf } from '../../src/core/failure.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { RowBatch } from '../../src/rows/batch.ts';
import { requireColumns } from '../../src/rows/layout.ts';
import type { Extraction, Source } from '../../src/sources/source.ts';
import { RUNS_ALL } from '../support/sample.ts';
import { eventsView } from './worlds.ts';

/** One event, as text: `happened_at` is `YYYY-MM-DD HH:MM:SS.ffffff+00`. */
export type EventRow = {
  readonly entity_id: string;
  readonly happened_at: string;
  readonly amount: string | null;
  readonly lines: string | null;
};

/** A source with rows behind it, and the name of the table that a query finds them in. */
export type SourceWorld = AsyncDisposable & {
  readonly source: Source;
  readonly table: string;
  /** What a view needs besides its query to be read from here. */
  readonly view: Partial<FeatureView>;
};

export type SourceKindUnderTest = {
  readonly kind: string;
  open(rows: readonly EventRow[], batchRows: number): Promise<SourceWorld>;
  /** For an engine whose floats know no -0. */
  readonly hasNegativeZero?: false;
  /** An expression over `e.lines` that fails for the largest 64-bit integer; `e.lines + 1` if there is none. */
  readonly failing?: string;
  /** Strings that are not one harmless SELECT. */
  readonly hostileTexts: readonly string[];
  /** Whether none of the hostile strings had an effect. */
  isUnharmed(world: SourceWorld): Promise<boolean>;
};

const DAY = interval(epochMsOf(Date.UTC(2026, 0, 31)), epochMsOf(Date.UTC(2026, 1, 1)));
const BATCH_ROWS = 100;
/** More than a pool of connections or of engine processes has; each of the latter takes a second. */
const EARLY_STOPS = RUNS_ALL ? 12 : 3;
const LARGEST_DOUBLE = `179769313486231570${'0'.repeat(291)}`;

function at(time: string): string {
  return `2026-01-31 ${time}+00`;
}

const ROWS: readonly EventRow[] = [
  { entity_id: 'before', happened_at: '2026-01-30 23:59:59.999999+00', amount: '1', lines: '1' },
  { entity_id: 'start', happened_at: at('00:00:00'), amount: '0.30000000000000004', lines: '9223372036854775807' },
  { entity_id: 'micros', happened_at: at('08:26:00.000001'), amount: '-0', lines: '-9223372036854775808' },
  { entity_id: 'beyond 2^53', happened_at: at('12:00:00.123456'), amount: '5e-324', lines: '9007199254740993' },
  { entity_id: 'nulls', happened_at: at('12:00:00.5'), amount: null, lines: null },
  { entity_id: 'Łódź "quoted", \\N', happened_at: at('13:00:00'), amount: '-1.5', lines: '0' },
  { entity_id: 'last', happened_at: at('23:59:59.999999'), amount: LARGEST_DOUBLE, lines: '7' },
  { entity_id: 'end', happened_at: '2026-02-01 00:00:00+00', amount: '1', lines: '1' },
];

function query(table: string): string {
  // Named with its table: the word alone is reserved in MySQL.
  return `select entity_id, happened_at as timestamp, amount, e.lines from ${table} e where happened_at >= {{start}} and happened_at < {{end}}
    order by happened_at`;
}

export function testSourceContract(tested: SourceKindUnderTest): void {
  const { kind, open, hostileTexts, isUnharmed } = tested;
  // The only zero among the amounts is a negative one.
  const zero = tested.hasNegativeZero === false ? 0 : -0;
  describe(`${kind} source`, () => {
    let few: SourceWorld;
    let many: SourceWorld;
    beforeAll(async () => {
      few = await open(ROWS, BATCH_ROWS);
      many = await open(manyRows(20_050), BATCH_ROWS);
    });
    afterAll(async () => {
      await few[Symbol.asyncDispose]();
      await many[Symbol.asyncDispose]();
    });
    const asking = (world: SourceWorld, text = query(world.table)): Extraction => ({
      view: eventsView({ query: text, ...world.view }),
      span: DAY,
    });
    const calm = new AbortController().signal;

    test('includes the start of the interval and excludes its end', async () => {
      const rows = await allRows(few.source, asking(few), calm);
      expect(rows.map(([id]) => id)).toEqual(ROWS.slice(1, -1).map((row) => row.entity_id));
    });

    test('keeps microseconds, floats and 64-bit integers exact', async () => {
      const rows = await allRows(few.source, asking(few), calm);
      for (const [index, row] of ROWS.slice(1, -1).entries()) {
        const [, timestamp, amount, lines] = rows[index] ?? [];
        expect(microsText(timestamp)).toBe(microsText(row.happened_at));
        expect(amount === null ? null : Number(amount)).toBe(row.amount === null ? null : Number(row.amount) || zero);
        expect(lines).toBe(row.lines);
      }
    });

    test('responds to a probe, and stops it when its signal is aborted', async () => {
      expect(await few.source.probe(calm)).toBeUndefined();
      const reason = new Error('stopped');
      await expect(few.source.probe(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test('describes the columns in the order of the query', async () => {
      const columns = await few.source.describe(asking(few), calm);
      expect(columns.map(({ name, type }) => [name, type])).toEqual([
        ['entity_id', 'text'],
        ['timestamp', 'timestamptz'],
        ['amount', 'float'],
        ['lines', 'int'],
      ]);
    });

    test('returns no empty batch and none above batchRows', async () => {
      const sizes: number[] = [];
      for await (const batch of many.source.read(asking(many), calm)) sizes.push(batch.rows);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20_050);
      expect(Math.min(...sizes)).toBeGreaterThan(0);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH_ROWS);
    });

    test('keeps the order of the rows across batches', async () => {
      const rows = await allRows(many.source, asking(many), calm);
      expect(rows.map(([id]) => id)).toEqual(manyRows(20_050).map((row) => row.entity_id));
    });

    test('returns nothing if no row is in the interval', async () => {
      const empty = { ...asking(few), span: interval(epochMsOf(0), epochMsOf(86_400_000)) };
      expect(await allRows(few.source, empty, calm)).toEqual([]);
    });

    test('can be read again after the consumer stopped early several times', async () => {
      for (let round = 0; round < EARLY_STOPS; round += 1) {
        for await (const batch of many.source.read(asking(many), calm)) {
          expect(batch.rows).toBe(BATCH_ROWS);
          break;
        }
      }
      expect(await allRows(many.source, asking(many), calm)).toHaveLength(20_050);
    });

    test('fails with SOURCE_SHAPE if a column is missing, and names those found', async () => {
      const extraction = asking(
        few,
        `select entity_id, happened_at as timestamp, amount from ${few.table} where happened_at < {{end}}`,
      );
      const columns = await few.source.describe(extraction, calm);
      expect(() => requireColumns(extraction.view, columns)).toThrow(/lines is missing.*"entity_id".*"amount"/);
    });

    test('rejects with the reason of a signal that is aborted before it begins', async () => {
      const reason = new Error('stopped before');
      const signal = AbortSignal.abort(reason);
      await expect(few.source.describe(asking(few), signal)).rejects.toBe(reason);
      await expect(allRows(few.source, asking(few), signal)).rejects.toBe(reason);
    });

    test('rejects with the reason of a signal that is aborted half-way, and can be read again', async () => {
      const controller = new AbortController();
      const reason = new Error('stopped half-way');
      const reading = (async () => {
        for await (const _ of many.source.read(asking(many), controller.signal)) controller.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
      expect(await allRows(few.source, asking(few), calm)).toHaveLength(6);
    });

    test('fails with SOURCE_QUERY for an invalid query, with the view and the position', async () => {
      const wrong = asking(few, `select entity_id,\n nothing_such from ${few.table} where happened_at < {{end}}`);
      const failure = await failureOf(few.source.describe(wrong, calm));
      expect([failure.code, failure.message]).toEqual([
        'SOURCE_QUERY',
        expect.stringMatching(/customer_orders.*nothing_such.*line 2/is),
      ]);
    });

    test('fails with SOURCE_QUERY for a query that fails after some rows', async () => {
      const wrong = asking(
        few,
        `select entity_id, happened_at as timestamp, amount, ${tested.failing ?? 'e.lines + 1'} as more from ${few.table} e where happened_at < {{end}}`,
      );
      expect((await failureOf(allRows(few.source, wrong, calm))).code).toBe('SOURCE_QUERY');
    });

    test.each(hostileTexts)('refuses %j and comes to no harm', async (text) => {
      const hostile = asking(few, text.replaceAll('TABLE', few.table));
      const failure = await failureOf(allRows(few.source, hostile, calm));
      expect(failure.code).toBe('SOURCE_QUERY');
      expect(await isUnharmed(few)).toBe(true);
      expect(await allRows(few.source, asking(few), calm)).toHaveLength(6);
    });
  });
}

/** All rows, each as its values in the order of the columns. */
export async function allRows(
  source: Source,
  extraction: Extraction,
  signal: AbortSignal,
): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = [];
  for await (const batch of source.read(extraction, signal)) rows.push(...rowsOf(batch));
  return rows;
}

/** Of each batch, how many rows it has, and the most text that any batch has. */
export async function batchSizes(source: Source, extraction: Extraction, signal: AbortSignal) {
  const rows: number[] = [];
  let charactersMost = 0;
  for await (const batch of source.read(extraction, signal)) {
    rows.push(batch.rows);
    const characters = batch.columns.flat().reduce((sum, text) => sum + (text?.length ?? 0), 0);
    charactersMost = Math.max(charactersMost, characters);
  }
  return { rows, charactersMost };
}

export function rowsOf(batch: RowBatch): (string | null)[][] {
  return Array.from({ length: batch.rows }, (_, row) => batch.columns.map((column) => column[row] ?? null));
}

/** The Failure that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error(`expected a Failure, found ${thrown === null ? 'success' : messageOf(thrown)}`);
}

function microsText(text: string | null | undefined): string {
  const [, whole = '', fraction = ''] = /^(.{19})(?:\.(\d+))?\+00$/.exec(text ?? '') ?? [];
  return `${whole}.${fraction.padEnd(6, '0')}`;
}

function manyRows(count: number): EventRow[] {
  return Array.from({ length: count }, (_, index) => {
    const seconds = new Date(DAY.start + index).toISOString().slice(11, 23);
    return {
      entity_id: `customer ${index}`,
      happened_at: at(`${seconds}000`),
      amount: `${index}.5`,
      lines: `${index}`,
    };
  });
}
