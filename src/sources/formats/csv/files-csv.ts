// CSV files as a table of text. The columns of each file are matched by the names in its header, in any order. An unquoted
// field that equals null_text is null; "" is the empty text.

import { safe, text } from '../../../core/message.ts';
import type { ViewFiles } from '../../../definition/view.ts';
import { engineCompression, isReadByEngine } from '../compressed/compression.ts';
import { fileText, requireRows } from '../file-bytes.ts';
import { FileProblem } from '../file-problem.ts';
import { FILE_COLUMN, fileList, type TableFile } from '../files-table.ts';
import { quotedName, quotedText } from '../quote.ts';
import { brokenRowList, type LineEnd, type PrepareOptions, type TextFile } from '../text-file.ts';
import { type CsvHead, headOf } from './csv-head.ts';
import { type CsvHeader, csvHeader } from './csv-header.ts';
import { withoutFirstLines, withoutLastLines } from './csv-line-range.ts';
import { type CsvBatch, type CsvBytes, type CsvRecord, csvFields, csvRecords, NOT_UTF8 } from './csv-records.ts';
import { withoutSepLine } from './csv-sep-line.ts';

const STRICT = `auto_detect = false, strict_mode = true, null_padding = false, hive_partitioning = false`;
const TEXT_KEPT_BYTES = 500;
/** Twice the longest row that DuckDB accepts. Rows in transit keep their buffer alive; the default is 32 MB. */
const BUFFER_BYTES = 4_194_304;

/**
 * Scans a CSV file: all of it, or, to describe it, only its header.
 *
 * @throws FileProblem if the file has no usable header or ambiguous rows.
 */
export async function csvFile(file: TableFile, files: ViewFiles, options: PrepareOptions): Promise<TextFile> {
  const { lineEnd, header, ...found } = await scan(file, files, options);
  const text = { ...file, ...found, ...header };
  if (lineEnd !== null) return { ...text, source: file.path, kind: 'header', lineEnd };
  const path = await options.copies.copy(goodRows(file, files, header.fields.length, options), options.signal);
  return { ...text, source: path, kind: 'rows', lineEnd: '\n' };
}

/** The reader of adjacent files with the same columns, either all with or all without a header. */
export function csvReader(group: readonly TextFile[], { csv }: ViewFiles): string {
  const [first] = group;
  const fields = (first?.fields ?? []).map((name) => `${quotedText(name)}: 'VARCHAR'`).join(', ');
  const quote = quotedText(csv?.quote === undefined ? '"' : (csv.quote ?? ''));
  const hasHeader = first?.kind === 'header' && csv?.header === undefined;
  const paths = group.map(({ name, source }) => ({ name, path: source }));
  return `read_csv(${fileList(paths)}, columns = {${fields}}, ${STRICT}, header = ${hasHeader}, buffer_size = ${BUFFER_BYTES},
    compression = '${engineCompression(first?.source ?? '')}', ${newLine(first?.lineEnd)}delim = ${quotedText(first?.delimiter ?? csv?.delimiter ?? ',')},
    quote = ${quote}, escape = ${quote}, nullstr = ${quotedText(csv?.nullText ?? '')},
    allow_quoted_nulls = ${csv?.quotedNull ?? false}, filename = ${quotedName(FILE_COLUMN)})`;
}

/** Without `new_line`, DuckDB uses the first line break of any kind. With CRLF it misreads other line breaks in quotes. */
function newLine(lineEnd: LineEnd | undefined): string {
  return lineEnd === '\r\n' ? '' : `new_line = '\\n', `;
}

type CsvText = {
  /** The delimiter that the file names; null if it names none. */
  readonly delimiter: string | null;
  readonly bytes: CsvBytes;
  readonly batches: AsyncIterable<CsvBatch>;
  /** The first lines of the file, including those that are skipped; complete after the first batch. */
  head(): CsvHead;
};

/** The rows of a file, including its header. @throws FileProblem if the file and the view name different delimiters. */
export async function rowsIn(file: TableFile, { csv, encoding }: ViewFiles, options: PrepareOptions): Promise<CsvText> {
  const head = headOf(fileText(file.path, encoding, options));
  const { delimiter, line, chunks } = await withoutSepLine(head.chunks);
  if (delimiter !== null && csv?.delimiter !== undefined && csv.delimiter !== delimiter) {
    throw new FileProblem(
      text`its first line sets the delimiter ${safe(delimiter)}, but the view sets ${safe(csv.delimiter)}`,
    );
  }
  const code = (character: string) => character.charCodeAt(0);
  const bytes = {
    delimiter: code(delimiter ?? csv?.delimiter ?? ','),
    quote: csv?.quote === null ? null : code(csv?.quote ?? '"'),
  };
  // The line `sep=;` is one of the lines to skip.
  const skipped = Math.max(0, (csv?.skipLines ?? 0) - (line - 1));
  const lines = withoutLastLines(withoutFirstLines(chunks, skipped), csv?.footerLines ?? 0);
  return {
    delimiter,
    bytes,
    batches: csvRecords(lines, bytes, line + skipped),
    head: () => ({ file: file.name, delimiter: String.fromCharCode(bytes.delimiter), lines: head.lines() }),
  };
}

type Scan = Required<Pick<TextFile, 'broken' | 'bytes' | 'isEmpty' | 'head'>> & {
  readonly header: CsvHeader;
  readonly delimiter?: string;
  /** The line break, if the engine reads the file exactly as this parser does; null if it would not. */
  readonly lineEnd: LineEnd | null;
};

async function scan(file: TableFile, files: ViewFiles, options: PrepareOptions): Promise<Scan> {
  const { delimiter, bytes, batches, head } = await rowsIn(file, files, options);
  const broken = brokenRowList(file.name);
  const ends = { lf: false, crlf: false, inside: false };
  const own = delimiter === null ? {} : { delimiter };
  let header = files.csv?.header === undefined ? null : csvHeader(file.name, files.csv.header);
  let [rows, size] = [0, 0];
  for await (const { buffer, records } of batches) {
    for (const record of records) {
      size += record.next - record.start;
      noteLineEnd(ends, buffer, record);
      if (header === null) {
        header = headerOf(file, buffer, record, bytes);
        if (options.purpose !== 'describe') continue;
        return { ...own, header, head: head(), broken: broken.found(), bytes: size, isEmpty: false, lineEnd: '\n' };
      }
      const problem = problemOf(record, header.fields.length);
      if (problem === null) rows += 1;
      else broken.add(record.line, problem, textOf(buffer, record));
    }
    requireRows(rows, options);
  }
  const found = { ...own, head: head(), broken: broken.found(), bytes: size, isEmpty: size === 0 };
  const isReadable = delimiter === null && found.broken.count === 0 && isPlain(file, files);
  return { ...found, header: header ?? NO_HEADER, lineEnd: isReadable ? lineEndOf(ends) : null };
}

/** Whether the engine reads the file as this parser does. It knows no footer, and would read a `sep=` line as the header. */
function isPlain({ path }: TableFile, { encoding, csv }: ViewFiles): boolean {
  const { skipLines = 0, footerLines = 0 } = csv ?? {};
  return encoding === undefined && skipLines === 0 && footerLines === 0 && isReadByEngine(path);
}

const NO_HEADER: CsvHeader = { fields: [], columns: [], unusable: [] };

type LineEnds = { lf: boolean; crlf: boolean; inside: boolean };

function noteLineEnd(ends: LineEnds, buffer: Buffer, { start, end, next }: CsvRecord): void {
  if (next - end === 1) ends.lf = true;
  if (next - end !== 2) return;
  ends.crlf = true;
  if (ends.inside) return;
  const isInside = (at: number) => at !== -1 && at < end;
  ends.inside = isInside(buffer.indexOf('\n', start)) || isInside(buffer.indexOf('\r', start));
}

function lineEndOf({ lf, crlf, inside }: LineEnds): LineEnd | null {
  if (!crlf) return '\n';
  return lf || inside ? null : '\r\n';
}

function problemOf({ problem, fields, start, end }: CsvRecord, columns: number): string | null {
  if (problem !== null) return problem;
  // An empty line is a row in a file with one column, and is ignored in other files.
  if (fields === columns || (start === end && columns > 1)) return null;
  return `has ${fields} fields, but there are ${columns} columns`;
}

function textOf(buffer: Buffer, { start, end }: CsvRecord): string {
  return buffer.toString('utf8', start, Math.min(end, start + TEXT_KEPT_BYTES));
}

function headerOf(file: TableFile, buffer: Buffer, record: CsvRecord, bytes: CsvBytes): CsvHeader {
  if (record.problem !== null)
    throw new FileProblem(text`its header ${safe(record.problem)}${safe(headerHint(record.problem))}`);
  return csvHeader(file.name, csvFields(buffer, record, bytes));
}

function headerHint(problem: string): string {
  // A problem with the encoding names its key.
  return problem === NOT_UTF8 ? '' : '; set `skip_lines` in the view if it is not the header';
}

/** The good rows of a file with the same line break, without the header. */
async function* goodRows(
  file: TableFile,
  files: ViewFiles,
  fields: number,
  options: PrepareOptions,
): AsyncGenerator<Buffer> {
  let isHeader = files.csv?.header === undefined;
  const { batches } = await rowsIn(file, files, options);
  for await (const { buffer, records } of batches) {
    const parts: Buffer[] = [];
    for (const record of records) {
      if (!isHeader && problemOf(record, fields) === null) {
        parts.push(buffer.subarray(record.start, record.end), LINE_END);
      }
      isHeader = false;
    }
    if (parts.length > 0) yield Buffer.concat(parts);
  }
}

const LINE_END = Buffer.from('\n');
