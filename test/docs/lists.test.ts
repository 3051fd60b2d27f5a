// Lists in the docs that name everything of a kind.

import { globSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { VIEW_STATES } from '../../src/state/views/view-state.ts';
import { readPage } from './blocks.ts';
import { CHECKOUT } from './pages.ts';

/** What a page does not name in `code`. */
function unnamed(page: string, names: readonly string[]): string[] {
  const text = readPage(page);
  return names.filter((name) => !text.includes(`\`${name}\``));
}

test('docs/architecture/state.md names each table of the state', () => {
  const folder = path.join(CHECKOUT, 'src/state/migrations');
  const sql = globSync('**/*.sql', { cwd: folder }).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  const created = [...sql.join('\n').matchAll(/^create table millrace\.(\w+)/gm)].map(([, name = '']) => name);
  expect(created.length).toBeGreaterThan(10);
  expect(unnamed('docs/architecture/state.md', created)).toEqual([]);
});

test('docs/architecture/dependencies.md names each package that is installed with Millrace', () => {
  const { dependencies } = JSON.parse(readPage('package.json'));
  expect(unnamed('docs/architecture/dependencies.md', Object.keys(dependencies))).toEqual([]);
});

test('docs/operations/status.md explains each state of a view', () => {
  expect(unnamed('docs/operations/status.md', VIEW_STATES)).toEqual([]);
});

test('docs/architecture/README.md leads to each page of its folder', () => {
  const pages = readdirSync(path.join(CHECKOUT, 'docs/architecture')).filter((name) => name !== 'README.md');
  const text = readPage('docs/architecture/README.md');
  expect(pages.filter((name) => !text.includes(`](${name})`))).toEqual([]);
});
