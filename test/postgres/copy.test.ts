import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CopyLimits, copiedRows, escapeCopy, unescapeCopy } from '../../src/postgres/copy.ts';

/** The rows of a COPY stream that arrives in chunks of this many bytes. */
async function rowsOf(text: string, columns: number, chunkBytes: number, limits: CopyLimits = { batchRows: 3 }) {
  const bytes = Buffer.from(text);
  const chunks = [];
  for (let from = 0; from < bytes.length; from += chunkBytes) chunks.push(bytes.subarray(from, from + chunkBytes));
  const batches = [];
  for await (const batch of copiedRows(Readable.from(chunks), columns, limits)) batches.push(batch);
  return {
    sizes: batches.map((batch) => batch.rows),
    rows: batches.flatMap((batch) =>
      Array.from({ length: batch.rows }, (_, row) => batch.columns.map((column) => column[row] ?? null)),
    ),
  };
}

describe('escapeCopy', () => {
  test('is reversed by unescapeCopy for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unescapeCopy(escapeCopy(text))).toBe(text);
        expect(escapeCopy(text)).not.toMatch(/[\t\n\r]/);
      }),
    );
  });

  test('distinguishes the text \\N from null', () => {
    expect([unescapeCopy('\\N'), unescapeCopy(escapeCopy('\\N'))]).toEqual([null, '\\N']);
  });
});

describe('copiedRows', () => {
  test('returns every row for any cuts of the stream', async () => {
    const field = fc.option(fc.string({ unit: 'grapheme' }));
    const table = fc.array(fc.tuple(field, field), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 20 }), async (rows, chunkBytes) => {
        const line = (row: readonly (string | null)[]) => row.map((text) => (text === null ? '\\N' : escapeCopy(text)));
        const copied = await rowsOf(rows.map((row) => `${line(row).join('\t')}\n`).join(''), 2, chunkBytes);
        expect(copied.rows).toEqual(rows);
        expect(copied.sizes.every((size) => size >= 1 && size <= 3)).toBe(true);
      }),
    );
  });

  test('ends a batch early if its rows are wide', async () => {
    const wide = `${'x'.repeat(1_000_000)}\n`;
    const { sizes } = await rowsOf(wide.repeat(12) + 'x\n'.repeat(8), 1, 65_536, { batchRows: 7 });

    expect(sizes).toEqual([5, 5, 7, 3]);
  });

  test('cuts a field that is too long, and no others', async () => {
    const long = fc.string({ unit: 'grapheme', minLength: 50, maxLength: 60 });
    const field = fc.option(fc.oneof(fc.string({ unit: 'grapheme' }), long));
    const table = fc.array(fc.tuple(field, field, field), { maxLength: 12 });
    const limits = { batchRows: 3, fieldCharacters: 24 };
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 20 }), async (rows, chunkBytes) => {
        const fields = rows.map((row) => row.map((text) => (text === null ? '\\N' : escapeCopy(text))));
        const copied = await rowsOf(fields.map((row) => `${row.join('\t')}\n`).join(''), 3, chunkBytes, limits);
        for (const [index, row] of rows.entries()) {
          for (const [column, whole] of row.entries()) {
            const found = copied.rows[index]?.[column] ?? null;
            const written = fields[index]?.[column] ?? '';
            if (found === whole) expect(written.length).toBeLessThanOrEqual(24 + chunkBytes);
            // A cut after the backslash of an escape drops that backslash.
            else expect([written.length > 24, found]).toEqual([true, unescapeCopy(`${written.slice(0, 24)}…`)]);
          }
        }
        expect(copied.rows).toHaveLength(rows.length);
      }),
    );
  });

  test('yields nothing for an empty stream', async () => {
    expect(await rowsOf('', 2, 10)).toEqual({ sizes: [], rows: [] });
  });

  test('destroys the stream when the consumer stops early', async () => {
    const stream = Readable.from([Buffer.from('1\n2\n3\n4\n')]);
    for await (const _ of copiedRows(stream, 1, { batchRows: 1 })) break;
    expect(stream.destroyed).toBe(true);
  });
});
