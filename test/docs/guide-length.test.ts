import { describe, expect, test } from 'vitest';
import { readPage } from './blocks.ts';
import { PAGES } from './pages.ts';

/** More words than this between two examples, and a reader searches instead of doing. */
const WORDS_PER_EXAMPLE_MAX = 150;

const GUIDES = PAGES.filter((page) => /^docs\/(?:guides|getting-started)\//.test(page));
const BLOCK = /^( *)```\w*\n[\s\S]*?^\1```/gm;

/** Words of prose and tables, without code blocks, comments and the addresses of links. */
function wordsOf(text: string): number {
  const prose = text
    .replaceAll(BLOCK, '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/\]\([^)]*\)/g, ']');
  return prose.split(/\s+/).filter((word) => /\w/.test(word)).length;
}

describe('guides', () => {
  test.each(GUIDES)(`${'%s'} have an example for every ${WORDS_PER_EXAMPLE_MAX} words`, (page) => {
    const text = readPage(page);
    const examples = [...text.matchAll(BLOCK)].length;
    expect(examples).toBeGreaterThan(0);
    expect(wordsOf(text) / examples).toBeLessThanOrEqual(WORDS_PER_EXAMPLE_MAX);
  });
});
