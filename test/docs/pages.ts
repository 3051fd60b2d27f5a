// The Markdown pages that users read: README.md and its neighbours, and everything below docs/.

import { readdirSync } from 'node:fs';
import path from 'node:path';

export const CHECKOUT = path.resolve(import.meta.dirname, '../..');

/** Paths below the checkout, with `/`. */
export const PAGES: readonly string[] = [
  ...markdownIn('.', { recursive: false }),
  ...markdownIn('docs', { recursive: true }),
];

function markdownIn(folder: string, options: { recursive: boolean }): string[] {
  return readdirSync(path.join(CHECKOUT, folder), { ...options, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join(folder, name))
    .sort();
}
