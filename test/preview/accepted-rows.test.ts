import { describe, expect, test } from 'vitest';
import { charactersIn, chunksOf } from '../../src/offline/given-rows.ts';
import { chunksByEntity, keepRows } from '../../src/preview/accepted-rows.ts';
import { brokenRules } from '../../src/preview/broken-rules.ts';
import { NO_COUNTS } from '../../src/state/runs/run.ts';
import { feature, view } from '../support/views.ts';

const ORDERS = view({
  name: 'orders',
  features: [feature('amount', 'float', { max: 1_000 }), feature('note', 'string', { nullable: true, nullsMax: 0.5 })],
});

/** Accepted rows with these amounts, and a note or null. */
function batch(amounts: readonly number[], note: string | null) {
  const lines = amounts.map((amount, index) => `c${index}\t2026-01-01T00:00:00Z\t${amount}\t${note ?? '\\N'}\n`);
  return { text: lines.join(''), read: amounts.length, accepted: amounts.length, refused: [] };
}

describe('keepRows', () => {
  test('keeps no rows if there are more than the limit, and the limits of all of them', () => {
    const keeping = keepRows(ORDERS, { rows: 3, bytes: 1_000_000 });
    keeping.take(batch([1, 2], 'a'));
    keeping.take(batch([3, -5], null));
    keeping.take(batch([5_000], 'b'));
    expect(keeping.kept()).toEqual({
      accepted: [],
      refusedKeys: [],
      refusedEntities: [],
      isCut: true,
      limits: { amount: { nulls: 0, min: '-5', max: '5000' }, note: { nulls: 2, min: null, max: null } },
    });
  });

  test('keeps no rows if they are larger than the limit', () => {
    const keeping = keepRows(ORDERS, { rows: 500_000, bytes: 1_500 });
    keeping.take(batch([1], 'x'.repeat(600)));
    expect(keeping.kept()).toMatchObject({ isCut: false, limits: null });
    keeping.take(batch([2], 'x'.repeat(600)));
    expect(keeping.kept()).toMatchObject({ isCut: true, accepted: [] });
  });
});

describe('brokenRules', () => {
  test.each([2, 100])('finds a value beyond the limit, and too many nulls, with %s rows kept', (rows) => {
    const keeping = keepRows(ORDERS, { rows, bytes: 1_000_000 });
    keeping.take(batch([1, 2], 'a'));
    keeping.take(batch([3, 5_000], null));
    const counts = { ...NO_COUNTS, read: 4, accepted: 4 };
    const broken = (of: typeof ORDERS) => brokenRules({ view: of, counts, stored: 0, rows: keeping.kept() });
    expect(broken(ORDERS).map(({ code }) => code)).toEqual(['CHECK_FAILED']);
    const wide = {
      ...ORDERS,
      features: [feature('amount', 'float'), feature('note', 'string', { nullable: true, nullsMax: 0.4 })],
    };
    expect(broken(wide).map(({ code }) => code)).toEqual(['CHECK_FAILED']);
    expect(broken({ ...ORDERS, features: [feature('amount', 'float')] })).toEqual([]);
  });
});

describe('chunksOf', () => {
  test('begins another chunk after so many rows or characters', () => {
    const rows = ['aaaa', 'b', 'c', 'd', 'e'].map((text) => [text, null]);
    const sizes = (max: { rows: number; characters: number }) => chunksOf(rows, max).map(({ length }) => length);
    expect(sizes({ rows: 2, characters: 100 })).toEqual([2, 2, 1]);
    expect(sizes({ rows: 10, characters: 4 })).toEqual([1, 4]);
    expect(charactersIn(['ab', null, 'c'])).toBe(3);
  });

  test('keeps the rows of an entity together', () => {
    const accepted = ['a', 'b', 'a', 'c'].map((entity) => [entity, 'x'.repeat(9)]);
    const chunks = chunksByEntity({ accepted, refusedKeys: [] }, { rows: 10, characters: 15 });
    expect(chunks.map((chunk) => chunk.accepted.map(([entity]) => entity))).toEqual([
      ['a', 'a'],
      ['b', 'c'],
    ]);
  });
});
