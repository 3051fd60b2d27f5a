import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinParts } from '../../src/core/entity-id.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { ColumnType } from '../../src/feature-types/column-type.ts';
import { createRowCheck } from '../../src/rows/check.ts';
import { requireColumns } from '../../src/rows/layout.ts';
import { eventsView, feature } from '../sources/worlds.ts';
import { part } from '../support/hard-parts.ts';
import { acceptedFields, NOON, RANGE } from './checking.ts';

type Row = Readonly<Record<string, string | null>>;

const PAIR = { entity: 'customer|product', features: [feature('value', 'float')] };

/** Checks rows of the columns of the first one. Columns are text unless `types` says otherwise. */
function checked(rows: readonly Row[], view: Partial<FeatureView> = {}, types: Record<string, ColumnType> = {}) {
  const names = Object.keys({ ...rows[0], timestamp: '', value: '' });
  const columns = names.map((name) => {
    const type = types[name] ?? (name === 'timestamp' ? 'timestamptz' : name === 'value' ? 'float' : 'text');
    return { name, type, nativeType: type };
  });
  const checkedView = eventsView({ ...PAIR, ...view });
  const layout = requireColumns(checkedView, columns);
  const check = createRowCheck({ view: checkedView, layout, range: RANGE, latestAllowedMicros: Infinity });
  const good: Row = { timestamp: NOON, value: '1' };
  return check.check({
    rows: rows.length,
    columns: names.map((name) => rows.map((row) => ({ ...good, ...row })[name] ?? null)),
  });
}

describe('the row check of a composite entity', () => {
  test('joins the parts in the order of the entity, for columns in any order', () => {
    expect(checked([{ product_id: '3', customer_id: '17' }]).text).toBe(`17|3\t${NOON}\t1\n`);
  });

  test('writes any parts, also empty ones, as the id that joinParts makes', () => {
    fc.assert(
      fc.property(part, part, (customer, product) => {
        const { text, refused } = checked([{ customer_id: customer, product_id: product }]);
        expect({ text: acceptedFields({ text, read: 1, accepted: 1, refused: [] })[0]?.[0], refused }).toEqual({
          text: joinParts([customer, product]),
          refused: [],
        });
      }),
    );
  });

  test('accepts an entity_id that is joined already', () => {
    expect(checked([{ entity_id: 'a\\|b|c' }]).text).toBe(`a\\\\|b|c\t${NOON}\t1\n`);
  });

  test.each(['17', '17|3|4', 'a\\b|c', 'a|b\\'])('refuses the joined id %s', (id) => {
    expect(checked([{ entity_id: id }]).refused[0]).toMatchObject({
      reason: 'entity_id_wrong_parts',
      detail: `entity_id is ${JSON.stringify(id)}, not customer_id and product_id joined by |, with a backslash before each | and backslash inside them`,
      key: null,
    });
  });

  test('reads numbers as decimal text', () => {
    const types = { customer_id: 'float', product_id: 'int' } as const;
    expect(checked([{ customer_id: '17.0', product_id: '003' }], {}, types).text).toBe(`17|3\t${NOON}\t1\n`);
    expect(checked([{ customer_id: '17.5', product_id: '3' }], {}, types).refused[0]?.reason).toBe(
      'entity_id_not_whole',
    );
  });

  test('refuses a null part, and names its column', () => {
    expect(checked([{ customer_id: '17', product_id: null }]).refused).toEqual([
      {
        reason: 'entity_id_part_null',
        field: 'product_id',
        detail: 'product_id is null, not a component of an entity',
        row: { customer_id: '17', product_id: null, timestamp: NOON, value: '1' },
        key: null,
      },
    ]);
  });

  test('tells a row without any part from one whose entity cannot be read', () => {
    const reasonOf = (customer: string | null, product: string | null) =>
      checked([{ customer_id: customer, product_id: product }]).refused[0]?.reason;
    expect(reasonOf(null, null)).toBe('entity_id_null');
    expect(reasonOf(null, '3')).toBe('entity_id_part_null');
    expect(reasonOf('', null)).toBe('entity_id_part_null');
  });

  test('refuses control characters, unpaired surrogates and more than 512 bytes together', () => {
    const reasons = [
      ['a\tb', 'x'],
      ['\ud800', 'x'],
      ['é'.repeat(128), 'é'.repeat(128)],
      ['|'.repeat(256), ''],
    ].map(([customer, product]) => {
      const { refused } = checked([{ customer_id: customer ?? '', product_id: product ?? '' }]);
      return [refused[0]?.reason, refused[0]?.field];
    });
    expect(reasons).toEqual([
      ['entity_id_control_character', 'customer_id'],
      ['entity_id_bad_unicode', 'customer_id'],
      ['entity_id_too_long', 'entity_id'],
      ['entity_id_too_long', 'entity_id'],
    ]);
    expect(checked([{ customer_id: 'é'.repeat(128), product_id: 'é'.repeat(127) }]).accepted).toBe(1);
  });

  test('keeps the key of a row with another bad column, and the parts of a redacted view', () => {
    expect(checked([{ customer_id: 'a|b', product_id: '3', value: 'x' }], { redacted: true }).refused[0]).toMatchObject(
      {
        row: { customer_id: 'a|b', product_id: '3', timestamp: '[redacted]', value: '[redacted]' },
        key: `a\\\\|b|3\t${NOON}`,
      },
    );
    const late = { customer_id: 'a', product_id: 'b', timestamp: '2026-02-01 00:00:00+00' };
    expect(checked([late]).refused[0]?.key).toBeNull();
    expect(checked([late], { complete: {} }).refused[0]?.key).toBe('a|b\t\\N');
  });

  test('names missing part columns before any row is read', () => {
    expect(() => checked([{ customer_id: '17' }])).toThrow(
      'View customer_orders: product_id is missing. Found the columns "customer_id" text, "timestamp" timestamptz, "value" float; expected customer_id, product_id, timestamp, value and optionally tie_break.',
    );
    expect(() => checked([{ entity_id: '17' }], {}, { entity_id: 'int' })).toThrow('entity_id is int, expected text');
    expect(() => checked([{ entity_id: '1|2', customer_id: '1' }])).toThrow('"customer_id" is unexpected');
  });
});
