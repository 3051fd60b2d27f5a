import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedDocs } from '../../scripts/docs/generate.ts';
import { CHECKOUT } from './pages.ts';

const DOCS = generatedDocs();

describe('generatedDocs', () => {
  test.each(Object.entries(DOCS))('%s is up to date (else: npm run docs)', (file, text) => {
    expect(readFileSync(path.join(CHECKOUT, file), 'utf8')).toBe(text);
  });

  test('has a page for each command and no others', () => {
    const pages = readdirSync(path.join(CHECKOUT, 'docs/reference/commands')).sort();
    const generated = Object.keys(DOCS).filter((file) => file.startsWith('docs/reference/commands/'));
    expect(pages).toEqual(generated.map((file) => path.basename(file)).sort());
  });
});
