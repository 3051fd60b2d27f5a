// The value of a feature does not depend on its source: JSON nulls, and numbers in any notation.

import { describe, expect, test } from 'vitest';
import type { Feature, FeatureView } from '../../src/definition/view.ts';
import { createRowCheck } from '../../src/rows/check.ts';
import { requireColumns } from '../../src/rows/layout.ts';
import { openSource } from '../../src/sources/index.ts';
import type { Extraction, Source } from '../../src/sources/source.ts';
import { freshMysql } from '../support/mysql.ts';
import { freshDatabase } from '../support/servers.ts';
import { calm, lakeFolder, openLake } from './lake/lake-files.ts';
import { eventsView, feature, sourceOptions, viewFiles } from './worlds.ts';

/** The rows of a view of kind latest as the row check leaves them: `entity value`, or `reason: detail`. */
async function checked(source: Source, view: FeatureView): Promise<string[]> {
  await using _source = source;
  const extraction: Extraction = { view, span: null };
  const columns = await source.describe(extraction, calm);
  const layout = requireColumns(view, columns);
  const check = createRowCheck({ view, layout, range: null, latestAllowedMicros: Infinity });
  const found: string[] = [];
  for await (const batch of source.read({ ...extraction, columns }, calm)) {
    const { text, refused } = check.check(batch);
    found.push(...refused.map(({ reason, detail }) => `${reason}: ${detail}`));
    for (const line of text.split('\n').slice(0, -1)) {
      const [entity = '', , value = ''] = line.split('\t');
      found.push(`${entity} ${value}`);
    }
  }
  return found.sort();
}

function viewOf(query: string, changes: Partial<Feature>, more: Partial<FeatureView> = {}): FeatureView {
  return eventsView({ kind: 'latest', query, features: [feature('v', 'json', changes)], ...more });
}

const AT = "'2026-01-31 12:00:00' as timestamp";
const POSTGRES = `select 'json' as entity_id, ${AT}, 'null'::json as v union all select 'other', ${AT}, '1'`;
const JSONB = POSTGRES.replace('::json', '::jsonb');
const MYSQL = `select 'json' as entity_id, ${AT.replace('as timestamp', 'as `timestamp`')}, json_extract('{"a": null}', '$.a') as v
   union all select 'other', '2026-01-31 12:00:00', json_extract('{"a": 1}', '$.a')`;
const FILES = `select entity_id, ${AT}, v from files`;

const NULLABLE = ['json \\N', 'other 1'];
const REFUSED = ['other 1', 'value_null: v is null, not a json'];

describe('a JSON null', () => {
  test.each([
    ['json', POSTGRES],
    ['jsonb', JSONB],
  ])('of a %s column of Postgres is null', async (_, query) => {
    const url = await freshDatabase();
    const read = (nullable: boolean) => checked(openSource(sourceOptions({ url })), viewOf(query, { nullable }));
    expect(await read(false)).toEqual(REFUSED);
    expect(await read(true)).toEqual(NULLABLE);
  });

  test('of MySQL is null', async () => {
    const url = await freshMysql();
    const read = (nullable: boolean) => checked(openSource(sourceOptions({ url })), viewOf(MYSQL, { nullable }));
    expect(await read(false)).toEqual(REFUSED);
    expect(await read(true)).toEqual(NULLABLE);
  });

  test.each([
    ['a.ndjson', '{"entity_id":"json","v":null}\n{"entity_id":"other","v":1}\n', 'json'],
    ['a.csv', 'entity_id,v\njson,null\nother,1\n', 'csv'],
  ] as const)('of a file is null: %s', async (name, content, format) => {
    const folder = await lakeFolder({ [name]: content });
    const files = viewFiles({ pattern: name, format, types: { v: 'json' } });
    const read = (nullable: boolean) => checked(openLake(folder), viewOf(FILES, { nullable }, { files }));
    expect(await read(false)).toEqual(REFUSED);
    expect(await read(true)).toEqual(NULLABLE);
  });
});

describe('a number', () => {
  test('of Postgres is an int if it is whole: extract(epoch ...)', async () => {
    const query = `select i::text as entity_id, ${AT}, extract(epoch from timestamptz '2026-01-31 00:00:00+00') + i / 2.0 as v
                     from generate_series(0, 2) i`;
    const view = viewOf(query, { type: 'int' });
    expect(await checked(openSource(sourceOptions({ url: await freshDatabase() })), view)).toEqual([
      '0 1769817600',
      '2 1769817601',
      expect.stringMatching(/^value_wrong_type: v is "1769817600\.50*", not a whole number$/),
    ]);
  });

  const read = async (content: string, type: 'int' | 'decimal') => {
    const files = viewFiles({ pattern: '*', format: 'json', types: { v: type } });
    const query = `select id as entity_id, ${AT}, v from files`;
    return checked(openLake(await lakeFolder({ 'a.ndjson': content })), viewOf(query, { type }, { files }));
  };

  test('of a json file is a decimal also with an exponent', async () => {
    const content = '{"id":1,"v":1e-05}\n{"id":2,"v":1E+2}\n{"id":3,"v":1e3}\n{"id":4,"v":1e-12}\n';
    expect(await read(content, 'decimal')).toEqual([
      '1 0.00001',
      '2 100',
      '3 1000',
      'field_wrong_type: in a.ndjson, line 4: v is "1e-12", not a decimal of at most 29 digits before and 9 after the point',
    ]);
  });

  test('of a json file is an int if it is whole, in any notation', async () => {
    expect(await read('{"id":1,"v":1.0}\n{"id":2,"v":1e3}\n{"id":3,"v":1.5}\n', 'int')).toEqual([
      '1 1',
      '2 1000',
      'field_wrong_type: in a.ndjson, line 3: v is "1.5", not a 64-bit integer',
    ]);
  });
});
