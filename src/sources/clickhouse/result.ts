// Reads the response of a statement: a line with names, a line with types, rows, and the end of the result.
//
// A response with status 200 may still end with an error: the server writes it after the rows that it has already sent. So a
// result is complete only with its end marker, and anything that is not a row begins an error.

import type { Readable } from 'node:stream';
import { BATCH_CHARACTERS_MAX, type RowBatch } from '../../rows/batch.ts';
import { exceptionIn } from './exception.ts';
import { CutOff } from './failure.ts';
import { unescapedField } from './field.ts';
import { type Lines, linesOf } from './lines.ts';
import { RESULT_END } from './settings.ts';

export type Result = {
  readonly names: readonly string[];
  readonly types: readonly string[];
  /** The rows of 1..batchRows, fewer if they are wide. `read` converts a field that is not null. Only once. */
  batches(
    columns: readonly { readonly read: (field: string) => string }[],
    batchRows: number,
  ): AsyncGenerator<RowBatch>;
};

/** More than any message of the server. */
const ERROR_CHARACTERS_MAX = 65_536;

/** Rejects with a ClickhouseException, a CutOff, a NotUtf8 or the error from the stream. */
export async function openResult(stream: Readable): Promise<Result> {
  const lines = linesOf(stream);
  const [names, types] = [await headLine(lines), await headLine(lines)];
  return {
    names,
    types,
    batches: (columns, batchRows) =>
      rowBatches(
        lines,
        columns.map(({ read }) => read),
        batchRows,
      ),
  };
}

async function headLine(lines: Lines): Promise<string[]> {
  const line = await lines.next();
  if (line === null || line.startsWith('__exception__')) throw await endOf(lines, line ?? '');
  return line.split('\t').map(unescapedField);
}

async function* rowBatches(
  lines: Lines,
  readers: readonly ((field: string) => string)[],
  batchRows: number,
): AsyncGenerator<RowBatch> {
  let batch = readers.map((): (string | null)[] => []);
  let [rows, characters] = [0, 0];
  let before = '';
  for (;;) {
    const line = lines.buffered() ?? (await lines.next());
    if (line === null || !addRow(line, readers, batch)) {
      const problem = await endOf(lines, line ?? '', before);
      if (rows > 0 && problem === null) yield { rows, columns: batch };
      if (problem !== null) throw problem;
      return;
    }
    before = line;
    rows += 1;
    characters += line.length;
    if (rows < batchRows && characters < BATCH_CHARACTERS_MAX) continue;
    yield { rows, columns: batch };
    batch = readers.map(() => []);
    [rows, characters] = [0, 0];
  }
}

/** Adds the fields of a line; false if it does not have as many as there are columns. */
function addRow(
  line: string,
  readers: readonly ((field: string) => string)[],
  batch: readonly (string | null)[][],
): boolean {
  const last = readers.length - 1;
  let from = 0;
  for (let index = 0; index < last; index += 1) {
    const end = line.indexOf('\t', from);
    if (end === -1) return false;
    add(line.slice(from, end), index);
    from = end + 1;
  }
  if (line.includes('\t', from) || line.startsWith('__exception__')) return false;
  add(line.slice(from), last);
  return true;

  function add(field: string, index: number): void {
    batch[index]?.push(field === '\\N' ? null : (readers[index]?.(field) ?? field));
  }
}

/**
 * Why a result ended without its marker; null if it is complete. `line` is the first one that is not a row. An error can also
 * begin in the row `before` it, where an old server stopped in the middle of a row.
 */
async function endOf(lines: Lines, line: string, before = ''): Promise<Error | null> {
  let rest = line === '' ? '' : `${line}\n`;
  let failure: unknown = null;
  try {
    for (let next = await lines.next(); next !== null; next = await lines.next()) {
      if (rest.length < ERROR_CHARACTERS_MAX) rest += `${next}\n`;
    }
  } catch (error) {
    failure = error;
  }
  rest += lines.unfinished();
  if (rest === RESULT_END && failure === null) return null;
  const exception = exceptionIn(rest) ?? exceptionIn(`${before}\n${rest}`);
  if (exception !== null) return exception;
  if (failure instanceof Error) return failure;
  return new CutOff('the response ended before its last row');
}
