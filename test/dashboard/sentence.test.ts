// Sentences of the command line as they stand on a page.

import { describe, expect, test } from 'vitest';
import { sentence } from '../../src/dashboard/parts/sentence.ts';

const shown = async (text: string) => String(await sentence(text)).replaceAll(/<\/?bdi>/g, '');

describe('sentence', () => {
  test.each([
    ['see it with: millrace runs show 17', 'see it with: <a href="/runs/17"><code>millrace runs show 17</code></a>'],
    ['millrace backfills show 3', '<a href="/backfills/3"><code>millrace backfills show 3</code></a>'],
    ['millrace intervals spend', '<a href="/views/spend#calendar"><code>millrace intervals spend</code></a>'],
    [
      'Look (millrace quarantine spend --run 4), then',
      'Look (<a href="/quarantine?view=spend&amp;run=4"><code>millrace quarantine spend --run 4</code></a>), then',
    ],
  ])('makes a link of what only shows something: %s', async (text, expected) => {
    expect(await shown(text)).toBe(expected);
  });

  test('lets a command that does something stand out, up to its end', async () => {
    expect(await shown('say "millrace apply spend" with --restate, or millrace retry 17 18.')).toBe(
      'say &quot;<code>millrace apply spend</code>&quot; with --restate, or <code>millrace retry 17 18</code>.',
    );
  });

  test('is cut as a whole, however many commands it names, and never within one', async () => {
    const text = await shown('millrace runs show 1234567. '.repeat(40_000));
    expect(text.length).toBeLessThan(10_000);
    expect(text).toMatch(/<span class="cut">… \(1\.1 MB in all\)<\/span>$/);
    expect(new Set(text.match(/href="[^"]*"/g))).toEqual(new Set(['href="/runs/1234567"']));
  });

  test('escapes the rest', async () => {
    expect(await shown('<b>millrace runs show 1</b>')).toBe(
      '&lt;b&gt;<a href="/runs/1"><code>millrace runs show 1</code></a>&lt;/b&gt;',
    );
  });
});
