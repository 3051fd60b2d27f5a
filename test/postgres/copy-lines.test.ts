import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOfLines, copiedLines, fieldStarts, lastLine, linesOfColumns } from '../../src/postgres/copy-lines.ts';
import type { RowBatch } from '../../src/rows/batch.ts';

const field = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', '\\N', '\\', '\t', '\n', '\r\n', 'a\\tb', '\ufeff', 'x'.repeat(200)),
);
const rows = fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 30 });

function columnsOf(given: readonly (readonly (string | null)[])[]): RowBatch {
  return { rows: given.length, columns: [0, 1, 2].map((column) => given.map((row) => row[column] ?? null)) };
}

/** The bytes in pieces of this size, as a network may deliver them. */
function inPieces(bytes: Buffer, size: number): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Readable.from(pieces);
}

describe('copiedLines', () => {
  test('yields each row once and whole, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 7 }),
        async (given, size, most) => {
          const seen: (string | null)[][] = [];
          for await (const lines of copiedLines(inPieces(linesOfColumns(columnsOf(given)).bytes, size), most)) {
            expect(lines.rows).toBeLessThanOrEqual(most);
            const { columns } = columnsOfLines(lines, 3);
            for (let row = 0; row < lines.rows; row += 1) seen.push(columns.map((column) => column[row] ?? null));
          }
          expect(seen).toEqual(given);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('ends a batch early where its rows are wide', async () => {
    const wide = columnsOf(Array.from({ length: 5 }, () => ['x'.repeat(2_000_000), null, '']));
    const sizes: number[] = [];
    for await (const lines of copiedLines(inPieces(linesOfColumns(wide).bytes, 65_536), 500)) sizes.push(lines.rows);
    expect(sizes).toEqual([3, 2]);
  });

  test('yields nothing for a stream without rows, and closes one that is left early', async () => {
    const none = copiedLines(Readable.from([]), 5);
    expect((await none.next()).done).toBe(true);
    const stream = inPieces(Buffer.from('a\nb\nc\n'), 2);
    for await (const lines of copiedLines(stream, 1)) {
      expect(lines.rows).toBe(1);
      break;
    }
    expect(stream.destroyed).toBe(true);
  });
});

describe('lastLine', () => {
  test('is the last row of any rows', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const line = lastLine(linesOfColumns(columnsOf(given)));
        expect(columnsOfLines(line, 3)).toEqual(columnsOf(given.slice(-1)));
      }),
    );
  });

  test('is an empty line where that is all there is', () => {
    expect(lastLine({ rows: 1, bytes: Buffer.from('\n') }).bytes.toString()).toBe('\n');
    expect(lastLine({ rows: 2, bytes: Buffer.from('a\n\n') }).bytes.toString()).toBe('\n');
  });
});

describe('fieldStarts', () => {
  test('refuses lines that have another number of fields', () => {
    expect(() => fieldStarts({ rows: 1, bytes: Buffer.from('a\tb\n') }, 3)).toThrow(
      '1 lines of 3 fields have 2 fields',
    );
  });
});
