import { describe, expect, test } from 'vitest';
import { readPage, shellBlocks } from './blocks.ts';
import { PAGES } from './pages.ts';

describe('shell blocks', () => {
  test.each(PAGES)('of %s state how they are tested', (page) => {
    expect(shellBlocks(readPage(page)).filter(({ marker }) => marker === null)).toEqual([]);
  });
});
