// The output of the quickstart: aligned plain text, with bold and dim text only on a terminal.

import { styleText } from 'node:util';
import Table from 'cli-table3';

const INDENT = '   ';

export type Page = {
  /** A numbered heading. */
  heading(text: string): void;
  /** Indented lines. */
  text(...lines: readonly string[]): void;
  /** A promise of Millrace that was just verified, with the evidence. */
  kept(promise: string, ...evidence: readonly string[]): void;
  /** A leading `>` in a column's name aligns the column to the right. */
  table(columns: readonly string[], rows: readonly (readonly string[])[]): void;
  /** A title, at the start or the end. */
  title(text: string): void;
};

export type PageOutput = { readonly isTTY?: boolean; write(text: string): unknown };

/** A page on an output; styled only on a terminal. */
export function openPage(output: PageOutput): Page {
  const style = (format: 'bold' | 'dim' | 'green', text: string) =>
    output.isTTY === true ? styleText(format, text, { validateStream: false }) : text;
  const print = (...lines: readonly string[]) => output.write(`${lines.join('\n')}\n`);
  let headings = 0;
  return {
    title: (text) => print('', style('bold', text), ''),
    heading: (text) => {
      headings += 1;
      print('', style('bold', `${headings}  ${text}`), '');
    },
    text: (...lines) => print(...lines.map((line) => (line === '' ? '' : INDENT + line))),
    kept: (promise, ...evidence) =>
      print(
        `${INDENT}${style('green', 'ok')}  ${promise}`,
        ...evidence.map((line) => `${INDENT}    ${style('dim', line)}`),
      ),
    table: (columns, rows) => print(tableText(columns, rows, (text) => style('dim', text))),
  };
}

function tableText(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  head: (text: string) => string,
): string {
  const bars = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
  const lines = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'];
  const table = new Table({
    chars: Object.fromEntries([...bars, ...lines].map((name) => [name, name === 'middle' ? '  ' : ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: columns.map((name) => head(name.replace('>', ''))),
    colAligns: columns.map((name) => (name.startsWith('>') ? 'right' : 'left')),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => (INDENT + line).trimEnd())
    .join('\n');
}

/** `7,015`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
