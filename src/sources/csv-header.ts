// The first line of a csv file: the names of its columns. DuckDB would guess; we read.

import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { decompressorFor } from './compressed-file.ts';

const HEADER_BYTES_MAX = 1_048_576;

/** Why a file has no header, as the end of a sentence about the file. */
export type NoHeader = { readonly problem: string };

/** The names in the header of a csv file, plain, .gz or .zst. Rejects with the system's error where it cannot be read. */
export async function readCsvHeader(path: string): Promise<readonly string[] | NoHeader> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of decompressed(path)) {
    bytes = Buffer.concat([bytes, chunk as Buffer]); // a byte stream yields buffers
    const names = parseHeader(bytes.toString('utf8'), false);
    if (names !== null) return names;
    if (bytes.length > HEADER_BYTES_MAX) return { problem: 'has no end of its first line within 1 MiB' };
  }
  if (bytes.length === 0) return { problem: 'is empty, without even a header' };
  return parseHeader(bytes.toString('utf8'), true) ?? { problem: 'has a header with an unclosed quote' };
}

function decompressed(path: string): Readable {
  const file = createReadStream(path);
  const decompressor = decompressorFor(path);
  if (decompressor === null) return file;
  file.on('error', (error) => decompressor.destroy(error));
  decompressor.on('close', () => file.destroy());
  return file.pipe(decompressor);
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/** The fields of the first line; null where the text ends before the line does. */
function parseHeader(text: string, isWhole: boolean): readonly string[] | NoHeader | null {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  const names: string[] = [];
  FIELD.lastIndex = start;
  for (;;) {
    const field = FIELD.exec(text);
    if (field === null) return isWhole ? { problem: 'has a header with a broken quote' } : null;
    names.push(field[1]?.replaceAll('""', '"') ?? field[2] ?? '');
    if (field[3] === ',') continue;
    // The text may end in the middle of a field, or between \r and \n.
    if (field[3] !== '\n' && field[3] !== '\r\n' && !isWhole && FIELD.lastIndex >= text.length) return null;
    return headerProblem(names) ?? names;
  }
}

function headerProblem(names: readonly string[]): NoHeader | null {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === '') return { problem: `has no name for column ${index + 1} in its header` };
    if (seen.has(name.toLowerCase())) return { problem: `has the column ${JSON.stringify(name)} twice (in any case)` };
    seen.add(name.toLowerCase());
  }
  return null;
}
