// The first lines of a CSV file, for the message that its header does not have a column.

import { listSome } from '../../../core/list-some.ts';
import { type Message, safe, text, value } from '../../../core/message.ts';

const LINES_MAX = 10;
const LINES_SHOWN = 5;
const CHARACTERS_MAX = 100;

export type CsvHead = {
  /** The name of the file. */
  readonly file: string;
  readonly delimiter: string;
  /** In order, without their line breaks, each cut to CHARACTERS_MAX. */
  readonly lines: readonly string[];
};

/** Keeps the first lines of the chunks that pass. They are complete after the first chunk. */
export function headOf(chunks: AsyncIterable<Buffer>): {
  readonly chunks: AsyncIterable<Buffer>;
  lines(): readonly string[];
} {
  let lines: readonly string[] | null = null;
  async function* watched(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      lines ??= firstLines(chunk);
      yield chunk;
    }
  }
  return { chunks: watched(), lines: () => lines ?? [] };
}

function firstLines(chunk: Buffer): string[] {
  const start = chunk.toString('utf8', 0, LINES_MAX * CHARACTERS_MAX * 10);
  const lines = start.replace(/^\ufeff/, '').split(/\r?\n/, LINES_MAX + 1);
  return lines.slice(0, LINES_MAX).map((line) => line.slice(0, CHARACTERS_MAX));
}

/** How to set `delimiter` if the header has another one; null if it has several columns. */
export function delimiterHint(columns: readonly string[]): Message | null {
  const [only = ''] = columns;
  const delimiter = [';', '\t', '|', ','].find((character) => only.includes(character));
  if (columns.length !== 1 || delimiter === undefined) return null;
  return text`only the column ${JSON.stringify(only)}: set \`delimiter: ${safe(JSON.stringify(delimiter))}\` in the view`;
}

/** How to set `skip_lines` if a later line has the column; empty if no line of the file looks like its header. */
export function headHint({ file, delimiter, lines }: CsvHead, column: string, shown: 'values' | 'redacted'): Message {
  const names = (line: string) => line.split(delimiter).map((name) => name.replace(/^"(.*)"$/, '$1').toLowerCase());
  const header = lines.findIndex((line) => names(line).includes(column.toLowerCase()));
  if (header < 1) return safe('');
  const remedy = `set \`skip_lines: ${header}\` in the view if line ${header + 1} is the header`;
  if (shown === 'redacted') return text`; ${safe(remedy)}`;
  const first = listSome(
    lines.slice(0, Math.max(LINES_SHOWN, header + 1)).map((line) => JSON.stringify(line)),
    LINES_MAX,
  );
  return text`; the first lines of ${safe(file)} are ${value(first)}; ${safe(remedy)}`;
}
