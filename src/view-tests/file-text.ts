// Given rows as the text of a CSV or JSON file, with the settings of the view, and encoded and compressed as its name says.

import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { CsvDialect, ViewFiles } from '../definition/view.ts';
import type { TestRow, ViewTest } from '../definition/view-test.ts';
import { entryOf, type FieldType } from '../feature-types/index.ts';
import { compressionOf } from '../sources/formats/compressed/compression.ts';
import { byteOf } from '../sources/formats/text-encoding.ts';
import { givenColumns, textOfValue } from './column-types.ts';
import { givenInvalid } from './given-problem.ts';
import { zipArchive } from './zip-archive.ts';

/** The content of a file with the rows. @throws Failure if it cannot be written as the view reads it. */
export function fileContent(path: string, files: ViewFiles, rows: readonly TestRow[], test: ViewTest): Buffer {
  const text = files.format === 'csv' ? csvText(files, rows, test) : jsonText(files, rows);
  const bytes = encoded(text, files.encoding, test);
  switch (compressionOf(path)) {
    case 'gzip':
      return gzipSync(bytes);
    case 'zstd':
      return zstdCompressSync(bytes);
    case 'zip':
      return zipArchive({ given: bytes });
    case 'bzip2':
      throw givenInvalid(test.file, `the view reads ${files.pattern}, but tests cannot write .bz2 files; use .gz`);
    default:
      return bytes;
  }
}

function csvText({ csv = {}, types }: ViewFiles, rows: readonly TestRow[], test: ViewTest): string {
  const { delimiter = ',', quote = '"', nullText = '', skipLines = 0, footerLines = 0 } = csv;
  const names = csv.header ?? givenColumns(rows).map(({ name }) => name);
  const field = (text: string | null) => {
    if (text === null) return nullText;
    const isSplit = text.includes(delimiter) || /[\r\n]/.test(text);
    if (quote === null) return isSplit ? unquotable(text, test) : text;
    const isQuoted = isSplit || text === nullText || text.includes(quote);
    return isQuoted ? `${quote}${text.replaceAll(quote, quote + quote)}${quote}` : text;
  };
  const value = (row: TestRow, name: string) => marked(textOfValue(row[name]), types[name], csv);
  const lines = rows.map((row) => names.map((name) => field(value(row, name))).join(delimiter));
  const head = csv.header === undefined ? [names.map(field).join(delimiter)] : [];
  const around = (count: number) => Array.from({ length: count }, () => 'given');
  return [...around(skipLines), ...head, ...lines, ...around(footerLines)].map((line) => `${line}\n`).join('');
}

function unquotable(text: string, { file }: ViewTest): never {
  const what = `the value ${JSON.stringify(text)} has a delimiter or a line break, but the view has \`quote: none\`, so no field can contain it`;
  throw givenInvalid(file, what);
}

function marked(text: string | null, type: FieldType | undefined, { decimalMark }: CsvDialect): string | null {
  const isNumber = type !== undefined && entryOf(type).profiledAs === 'number';
  return text !== null && isNumber && decimalMark !== undefined ? text.replace('.', decimalMark) : text;
}

function jsonText({ records }: ViewFiles, rows: readonly TestRow[]): string {
  const lines = rows.map((row) => JSON.stringify(row));
  if (records === undefined) return lines.map((line) => `${line}\n`).join('');
  const keys = records.split('.').slice(1);
  return keys.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, `[${lines.join(',\n')}]`);
}

function encoded(text: string, encoding: ViewFiles['encoding'], { file }: ViewTest): Buffer {
  if (encoding === undefined) return Buffer.from(text);
  if (encoding === 'utf-16') return Buffer.from(`\ufeff${text}`, 'utf16le');
  const bytes = [...text].map((character) => byteOf(character, encoding) ?? noByte(character, encoding, file));
  return Buffer.from(bytes);
}

function noByte(character: string, encoding: string, file: string): never {
  throw givenInvalid(file, `${JSON.stringify(character)} is not a character of ${encoding}, the encoding of the view`);
}
