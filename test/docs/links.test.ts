import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPage } from './blocks.ts';
import { CHECKOUT, PAGES } from './pages.ts';

const LINK = /\]\((?!https?:)([^)\s]+)\)/g;
const FENCE = /^```.*?^```$/gms;

/** Where the links of a page lead: path below the checkout, and the heading if one is named. */
function linksOf(page: string): { path: string; anchor: string | null }[] {
  const text = readPage(page).replaceAll(FENCE, '');
  return [...text.matchAll(LINK)].map(([, link = '']) => {
    const [file = '', anchor = null] = link.split('#');
    return { path: file === '' ? page : path.posix.join(path.posix.dirname(page), file), anchor };
  });
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  const text = readPage(page).replaceAll(FENCE, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function sourceFiles(folder: string): string[] {
  const names = readdirSync(path.join(CHECKOUT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.(?:ts|mjs|sql|lua)$/.test(name)).map((name) => path.posix.join(folder, name));
}

describe('links', () => {
  test.each(PAGES)('of %s lead to files and headings that exist', (page) => {
    const broken = linksOf(page).filter((link) => {
      if (!existsSync(path.join(CHECKOUT, link.path))) return true;
      return link.anchor !== null && !anchorsOf(link.path).includes(link.anchor);
    });
    expect(broken).toEqual([]);
  });

  test('of comments lead to pages that exist', () => {
    const broken = ['src', 'test', 'scripts', 'bench', 'bin'].flatMap(sourceFiles).flatMap((file) => {
      const pages = readPage(file).match(/(?<![\w/.])docs\/[\w/-]+\.md/g) ?? [];
      const outside = readPage(file).match(/\bDESIGN \d+/g) ?? [];
      return [...pages.filter((page) => !PAGES.includes(page)), ...outside].map((page) => `${file}: ${page}`);
    });
    expect(broken).toEqual([]);
  });

  test('reach every page below docs/ from its index', () => {
    const listed = linksOf('docs/README.md').map((link) => link.path);
    const missing = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md').filter(
      (page) => !listed.includes(page) && !listed.includes(path.posix.join(path.posix.dirname(page), 'README.md')),
    );
    expect(missing).toEqual([]);
  });
});
