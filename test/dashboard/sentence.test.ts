// Messages of the command line on a page.

import { describe, expect, test } from 'vitest';
import { command, joined, type Message, text } from '../../src/core/message.ts';
import { messageHtml } from '../../src/dashboard/parts/sentence.ts';

const shown = async (message: Message) => String(await messageHtml(message)).replaceAll(/<\/?bdi>/g, '');

describe('messageHtml', () => {
  test.each([
    ['millrace runs show 17', '/runs/17'],
    ['millrace backfills show 3', '/backfills/3'],
    ['millrace intervals spend', '/views/spend#calendar'],
    ['millrace quarantine spend --run 4', '/quarantine?view=spend&amp;run=4'],
  ])('links a read-only command to its page: %s', async (line, page) => {
    expect(await shown(text`Look (${command(line)}), then`)).toBe(
      `Look (<a href="${page}"><code>${line}</code></a>), then`,
    );
  });

  test('marks a command that changes something', async () => {
    expect(await shown(text`say "${command('millrace apply spend')}" with --restate`)).toBe(
      'say &quot;<code>millrace apply spend</code>&quot; with --restate',
    );
  });

  test('makes no link of a value that reads like a command', async () => {
    expect(await shown(text`It says ${'millrace runs show 1'}.`)).toBe('It says millrace runs show 1.');
  });

  test('is cut as a whole, however many commands it names, and never within one', async () => {
    const many = joined(
      Array.from({ length: 40_000 }, () => command('millrace runs show 1234567')),
      '. ',
    );
    const page = await shown(many);
    expect(page.length).toBeLessThan(10_000);
    expect(page).toMatch(/<span class="cut">… \(1\.1 MB in all\)<\/span>$/);
    expect(new Set(page.match(/href="[^"]*"/g))).toEqual(new Set(['href="/runs/1234567"']));
  });

  test('escapes the rest', async () => {
    expect(await shown(text`<b>${command('millrace runs show 1')}</b>`)).toBe(
      '&lt;b&gt;<a href="/runs/1"><code>millrace runs show 1</code></a>&lt;/b&gt;',
    );
  });
});
