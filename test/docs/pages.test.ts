import { describe, expect, test } from 'vitest';
import { readPage } from './blocks.ts';
import { PAGES } from './pages.ts';

/** The text of a page, without headings and comments. */
function contentOf(page: string): string {
  return page
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/^#+ .*$/gm, '')
    .trim();
}

describe('pages', () => {
  test('have a title and content', () => {
    expect(PAGES.filter((page) => page.startsWith('docs/')).length).toBeGreaterThan(0);
    const empty = PAGES.filter((page) => {
      const text = readPage(page);
      return !/^# \S/m.test(text) || contentOf(text) === '';
    });
    expect(empty).toEqual([]);
  });
});
