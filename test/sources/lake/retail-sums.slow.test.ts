// Decimals of half a year of real sales, one file a day, summed by the engine.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publicData } from '../../support/public-data.ts';
import { allRows } from '../source-contract.ts';
import { askingFiles, calm, openLake } from './lake-files.ts';

const retail = publicData('online-retail');

describe.skipIf(retail === null)('lake csv, the sales of online-retail', () => {
  test('sums decimals exactly', async () => {
    await using source = openLake(retail ?? '');
    let rows = 0;
    let thousandths = 0n;
    for (let at = Date.UTC(2010, 11, 1); at < Date.UTC(2011, 5, 1); at += 86_400_000) {
      const date = new Date(at).toISOString().slice(0, 10);
      const extraction = askingFiles(
        {
          pattern: '{yyyy}-{MM}-{dd}.csv',
          format: 'csv',
          types: { CustomerID: 'float', Quantity: 'int', UnitPrice: 'decimal' },
        },
        'select CustomerID as entity_id, sum(Quantity * UnitPrice) as value, {{end}} as timestamp from files where CustomerID is not null group by 1',
        { kind: 'snapshot' },
        date,
      );
      if (!existsSync(join(retail ?? '', `${date}.csv`))) continue;
      for (const [, value] of await allRows(source, extraction, calm)) {
        rows += 1;
        const [whole = '', fraction = ''] = (value ?? '').split('.');
        thousandths += BigInt(whole + fraction.padEnd(3, '0'));
      }
    }
    expect([rows, thousandths]).toEqual([7809, 3_120_488_091n]);
  });
});
