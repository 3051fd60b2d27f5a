import { describe, expect, inject, test } from 'vitest';
import { openSource } from '../../src/sources/index.ts';
import { failureOf } from './source-contract.ts';
import { eventsView, sourceOptions, viewFiles } from './worlds.ts';

/** How a source refuses a view that its kind cannot read. */
async function refusalOf(url: string, changes: Parameters<typeof eventsView>[0]) {
  await using source = openSource(sourceOptions({ url }));
  const view = eventsView({ kind: 'latest', ...changes });
  const { code, message } = await failureOf(source.describe({ view, span: null }, new AbortController().signal));
  return { code, message };
}

describe('requireQuery', () => {
  test('explains what a database needs to a view over files', async () => {
    const files = { files: viewFiles({}), query: 'select * from files' };

    expect(await refusalOf(inject('postgresUrl'), files)).toEqual({
      code: 'DEFINITION_INVALID',
      message:
        'View customer_orders has `files`, but its source shop is a database (postgres). Write a `query` without `files`, or choose a source with files.',
    });
  });
});

describe('a view without files', () => {
  test('gets a message about what a lake needs', async () => {
    expect(await refusalOf('file:/nowhere', { query: 'select 1' })).toEqual({
      code: 'DEFINITION_INVALID',
      message:
        'View customer_orders has no `files`, but its source shop has only files. Add `files` or `tables`, or choose a source that is a database.',
    });
  });
});
