// Which definitions the tests of this folder run.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documentedSystems, documentedViews } from './documented.ts';

const TESTS = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts') && name !== 'tested.test.ts')
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  .join('\n');

test.each(documentedSystems())('the definitions of docs/guides/other-systems/%s.md run in a test', (system) => {
  const views = [...documentedViews(system).values()].filter(({ kind }) => kind !== 'pushed');

  expect(views.length).toBeGreaterThan(0);
  expect(views.map(({ name }) => name).filter((name) => !TESTS.includes(`'${name}'`))).toEqual([]);
});

test.each(documentedSystems())('the table of docs/guides/other-systems/%s.md names each definition', (system) => {
  const page = readFileSync(`docs/guides/other-systems/${system}.md`, 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n');

  // user_avg_transaction_historical and device_trust_score share a row.
  const shared = ['user_avg_transaction_historical', 'device_trust_score'];
  const names = [...documentedViews(system).keys()].filter((name) => !shared.includes(name));
  expect(names.filter((name) => !rows.includes(`\`${name}\``))).toEqual([]);
});
