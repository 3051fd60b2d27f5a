import { describe, expect, test } from 'vitest';
import { tableText } from '../../../src/cli/output/table.ts';
import { plainText, type Text } from '../../../src/presentation/text.ts';

const ROWS: readonly (readonly Text[])[] = [
  [
    '1',
    'customer_orders',
    '[2026-09-01, 2026-09-02)',
    'the source does not answer: connect ECONNREFUSED 127.0.0.1:5432',
  ],
  ['2', 'basket', '[2026-09-01, 2026-09-02)', 'ok'],
];

function table(columns: number | null, rows = ROWS): string {
  return tableText({ head: ['RUN', 'VIEW', 'SPAN', 'WHY'], rows, columns, render: plainText });
}

describe('tableText', () => {
  test('prints a row on one line without a terminal', () => {
    expect(table(null).split('\n')).toEqual([
      'RUN  VIEW             SPAN                      WHY',
      '1    customer_orders  [2026-09-01, 2026-09-02)  the source does not answer: connect ECONNREFUSED 127.0.0.1:5432',
      '2    basket           [2026-09-01, 2026-09-02)  ok',
    ]);
  });

  test('wraps the widest column between words to fit the terminal', () => {
    expect(table(80).split('\n')).toEqual([
      'RUN  VIEW             SPAN                      WHY',
      '1    customer_orders  [2026-09-01, 2026-09-02)  the source does not answer:',
      '                                                connect ECONNREFUSED',
      '                                                127.0.0.1:5432',
      '2    basket           [2026-09-01, 2026-09-02)  ok',
    ]);
  });

  test('never breaks a word, even if the table stays wider than the terminal', () => {
    const words = new Set(ROWS.flat().flatMap((cell) => plainText(cell).split(' ')));
    const shown = table(30).split('\n').slice(1).join(' ').split(/\s+/);
    expect(shown.filter((word) => word !== '' && !words.has(word))).toEqual([]);
  });

  test('repeats the style of a cell on each of its lines', () => {
    const render = (cell: Text) =>
      typeof cell === 'object' && 'style' in cell ? `<${plainText(cell)}>` : plainText(cell);
    const rows = [[{ style: 'red', text: 'several words that need more than one line' } as const]];
    expect(tableText({ head: ['A'], rows, columns: 24, render }).split('\n')).toEqual([
      '<A>',
      '<several words that need>',
      '<more than one line>',
    ]);
  });
});
