import { describe, expect, test } from 'vitest';
import { jsonRecords } from '../../../src/sources/formats/json/json-records.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('jsonRecords', () => {
  test.each([
    ['list', ' \n[{"a":1},\n{"a":2}]'],
    ['lines', '{"a":1}\n{"a":2}\n'],
    ['sequence', '{"a":1}{"a":2}'],
    ['sequence', '\ufeff{\n "a":1\n}\n{\n "a":2\n}\n'],
  ])('finds the layout %s in pieces of any size (%#)', async (layout, text) => {
    for (const size of [1, 4, 1_000]) {
      const found = await jsonRecords(inPieces(text, size), undefined);
      const rows: unknown[] = [];
      for await (const batch of found.batches) rows.push(...batch.map((record) => JSON.parse(record.text)));
      expect([found.layout, rows]).toEqual([layout, [{ a: 1 }, { a: 2 }]]);
    }
  });

  test('refuses a file that starts with megabytes of whitespace', async () => {
    await expect(jsonRecords(inPieces(' '.repeat(5_000_000), 65_536), undefined)).rejects.toThrow('whitespace');
  });
});
