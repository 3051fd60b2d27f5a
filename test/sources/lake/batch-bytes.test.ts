import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchFrame, batchOf } from '../../../src/sources/lake/engine/batch-bytes.ts';
import { HEADER_BYTES } from '../../../src/sources/lake/engine/protocol.ts';

const texts = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), { nil: null });

describe('batchOf', () => {
  test('is the inverse of batchFrame, for every character', () => {
    const batches = fc
      .record({ rows: fc.integer({ min: 0, max: 20 }), columns: fc.integer({ min: 0, max: 4 }) })
      .chain(({ rows, columns }) =>
        fc
          .array(fc.array(texts, { minLength: rows, maxLength: rows }), { minLength: columns, maxLength: columns })
          .map((values) => ({ rows, columns: values })),
      );
    fc.assert(
      fc.property(batches, ({ rows, columns }) => {
        expect(batchOf(batchFrame(rows, columns).subarray(HEADER_BYTES))).toEqual({ rows, columns });
      }),
    );
  });

  test('distinguishes null from the empty text, and keeps a byte order mark and a zero', () => {
    const columns = [[null, '', '\ufeff', '\0', '😀', 'ä']];
    expect(batchOf(batchFrame(6, columns).subarray(HEADER_BYTES))).toEqual({ rows: 6, columns });
  });
});
