import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { viewFile } from '../../../src/definition/files/view-file.ts';
import { dataFingerprint } from '../../../src/definition/fingerprint.ts';
import { parseView } from '../../../src/definition/parse/parse-view.ts';
import { viewText } from '../../../src/definition/view-text.ts';

const viewOf = (customers: Record<string, unknown> = {}) =>
  parseView(
    viewFile.parse({
      name: 'orders',
      entity: 'order',
      source: 'lake',
      kind: 'latest',
      type: 'string',
      tables: { orders: { files: 'orders.csv' }, customers: { source: 'shop', query: 'select 1 as id', ...customers } },
      query: 'select 1',
    }),
  );

test.each([{}, { rows_max: 10 }])(
  'a view with a table from another source is the same after it is written: %j',
  (customers) => {
    expect(parseView(viewFile.parse(parse(viewText(viewOf(customers)))))).toEqual(viewOf(customers));
  },
);

test('its data fingerprint covers the source and the query of the table, without comments, but not the limit', () => {
  const same = [{ rows_max: 10 }, { query: 'select  1 as id -- one' }];
  const other = [{ source: 'crm' }, { query: 'select 2 as id' }];

  expect(same.map((change) => dataFingerprint(viewOf(change)) === dataFingerprint(viewOf()))).toEqual([true, true]);
  expect(other.map((change) => dataFingerprint(viewOf(change)) === dataFingerprint(viewOf()))).toEqual([false, false]);
});
