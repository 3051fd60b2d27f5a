// Tables: columns separated by two spaces, without borders, so that rows stay greppable.

import Table from 'cli-table3';
import { isStyled, plainText, type Text } from '../../presentation/text.ts';
import { plain } from './plain.ts';

export type TableOptions = {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Text[])[];
  /** The width of the terminal; null leaves every row on one line. */
  readonly columns: number | null;
  /** Sanitizes and colours a cell. */
  readonly render: (cell: Text) => string;
};

const GAP = 2;
/** A narrower column of prose is harder to read than a line that the terminal wraps. */
const WRAPPED_WIDTH_MIN = 16;

/** The table as text. Where it is wider than the terminal, its widest columns wrap, only between words. */
export function tableText({ head, rows, columns, render }: TableOptions): string {
  const all = [head.map((text): Text => ({ style: 'dim', text })), ...rows];
  const widths = columns === null ? null : widthsWithin(all, columns);
  const table = new Table({
    chars: { ...NO_BORDERS, middle: ' '.repeat(GAP) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of all) {
    table.push(row.map((cell, column) => wrapped(cell, widths?.[column] ?? Number.POSITIVE_INFINITY, render)));
  }
  return table
    .toString()
    .split('\n')
    .map((text) => text.trimEnd())
    .join('\n');
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((edge) => [edge, `${edge}-mid`, `${edge}-left`, `${edge}-right`, `left-${edge}`, `right-${edge}`])
    .map((name) => [name, '']),
);

/** The width of each column so that a row fits: the widest columns give way first, but no word is broken. */
function widthsWithin(rows: readonly (readonly Text[])[], columns: number): number[] {
  const texts = rows.map((row) => row.map((cell) => plain(plainText(cell))));
  const columnsOf = (measure: (text: string) => number) =>
    (texts[0] ?? []).map((_head, column) => Math.max(...texts.map((row) => measure(row[column] ?? ''))));
  const widths = columnsOf((text) => text.length);
  const least = columnsOf((text) => Math.min(text.length, Math.max(WRAPPED_WIDTH_MIN, longestWord(text))));
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - columns;
  while (excess > 0) {
    const slack = widths.map((width, column) => width - (least[column] ?? width));
    const widest = widths.reduce(
      (best, width, column) => (slack[column] && width > (widths[best] ?? 0) ? column : best),
      slack.findIndex((one) => one > 0),
    );
    if (widest < 0) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function longestWord(text: string): number {
  return Math.max(...text.split(' ').map((word) => word.length));
}

/** A cell with line breaks between words; each line has the cell's style. */
function wrapped(cell: Text, width: number, render: (cell: Text) => string): string {
  const text = plain(plainText(cell));
  if (text.length <= width) return render(cell);
  return linesOf(text, width)
    .map((line) => render(isStyled(cell) ? { style: cell.style, text: line } : line))
    .join('\n');
}

function linesOf(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
