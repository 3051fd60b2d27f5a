import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { dataFingerprint } from '../../src/definition/fingerprint.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { viewText } from '../../src/definition/view-text.ts';
import { problemsOf, viewText as written } from './project-folder.ts';

const lake = { source: 'lake', files: 'a/{yyyy}-{MM}-{dd}.csv', query: null };

async function sentencesOf(keys: Readonly<Record<string, string | null>>): Promise<string[]> {
  const problems = await problemsOf({ 'features/x.yaml': written(keys) });
  return problems.map((problem) => problem.replace(/^features\/x\.yaml:/, ''));
}

describe('a composite entity', () => {
  test('is a list of names', async () => {
    expect(await sentencesOf({ entity: '[customer, product]' })).toEqual([]);
  });

  test.each([
    ['[customer]', '2:9: `entity`: a list has 2 to 5 components; for one, write `entity: customer`'],
    ['[customer, customer]', "2:20: `entity[1]`: duplicate 'customer'"],
    ['[customer, run]', "2:20: `entity[1]`: 'run' would use the reserved column run_id; choose another name"],
    ['[entity, product]', "2:10: `entity[0]`: 'entity' would use the reserved column entity_id; choose another name"],
    [
      '[customer, Product]',
      "2:20: `entity[1]`: expected a name: a lower-case letter, then at most 47 lower-case letters, digits or _, found 'Product'",
    ],
    [
      '[]',
      '2:9: `entity`: expected a name: a lower-case letter, then at most 47 lower-case letters, digits or _; or a list of 2 to 5 names, found an empty list',
    ],
  ])('%s is reported with its place', async (entity, problem) => {
    expect(await sentencesOf({ entity })).toEqual([problem]);
  });

  test('leaves the columns of its parts to it', async () => {
    const features = '[{ name: amount, type: float }, { name: product_id, type: string }]';
    expect(await sentencesOf({ entity: '[customer, product]', type: null, features })).toEqual([
      expect.stringContaining(
        "`features[1].name`: 'product_id' is the column of the component 'product' of the entity; choose another name",
      ),
    ]);
  });

  test('is mapped from columns of files by part, or joined', async () => {
    const pair = { ...lake, entity: '[customer, product]' };
    const rest = 'timestamp: t, value: v';
    expect(await sentencesOf({ ...pair, columns: `{ customer_id: c, product_id: p, ${rest} }` })).toEqual([]);
    expect(await sentencesOf({ ...pair, columns: `{ entity_id: id, ${rest} }` })).toEqual([]);
    expect(await sentencesOf({ ...pair, columns: `{ customer_id: c, ${rest} }` })).toEqual([
      expect.stringContaining('`columns`: `product_id` is missing; expected customer_id, product_id, timestamp, value'),
    ]);
  });

  test('has one declared column for each part', async () => {
    const declared = (entity: string, key: string, lookup = '') => ({
      entity,
      query: null,
      type: null,
      from: `{ table: orders, entity_id: ${key}, timestamp: at }`,
      features: `[{ name: n, type: int, aggregate: count, window: 1d }${lookup}]`,
    });
    const pair = '[customer, product]';
    expect(await sentencesOf(declared(pair, '[c, p]'))).toEqual([]);
    expect(await sentencesOf(declared(pair, 'c'))).toEqual([
      expect.stringContaining(
        '`from.entity_id`: expected a list with one column for each component of the entity (customer and product), found 1',
      ),
    ]);
    expect(await sentencesOf(declared('customer', '[c, p]'))).toEqual([
      expect.stringContaining('`from.entity_id`: expected one column, because `entity` is not a list; found 2'),
    ]);
    const lookup = ', { name: k, type: string, aggregate: lookup, table: t, entity_id: c, column: k }';
    expect(await sentencesOf(declared(pair, '[c, p]', lookup))).toEqual([
      expect.stringContaining('`features[1].entity_id`: expected a list with one column for each component'),
    ]);
  });

  test('is in the normal form and in the data fingerprint, which a plain entity is not', () => {
    const keys = { name: 'x', source: 'shop', kind: 'snapshot', interval: '1d', start: '2026-01-01', type: 'int' };
    const viewOf = (entity: unknown) => parseView(viewFile.parse({ ...keys, entity, query: 'select {{end}}' }));
    const pair = viewOf(['customer', 'product']);

    expect(parse(viewText(pair))).toMatchObject({ entity: ['customer', 'product'] });
    expect(parseView(viewFile.parse(parse(viewText(pair))))).toEqual(pair);
    expect(dataFingerprint(pair)).not.toBe(dataFingerprint(viewOf(['product', 'customer'])));
    expect(dataFingerprint(viewOf('customer'))).toBe(dataFingerprint(viewOf('client')));
  });
});
