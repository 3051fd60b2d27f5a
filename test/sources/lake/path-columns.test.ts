// CSV and JSON: columns in paths.

import { describe, expect, test } from 'vitest';

import { reading } from './field-reading.ts';

describe('columns in paths', () => {
  const path = 'dt=2026-01-31/country=P%20L';
  const queried = 'select n, dt, country from files order by n';

  test('are columns of CSV and JSON files, with the declared types', async () => {
    const files = { [`${path}/a.csv`]: 'n\n1\n', 'dt=2026-02-01/country=__HIVE_DEFAULT_PARTITION__/b.csv': 'n\n2\n' };
    const read = await reading(files, { dt: 'timestamp' }, queried);
    expect([read.types, read.rows]).toEqual([
      ['text', 'timestamptz', 'text'],
      [
        ['1', '2026-01-31 00:00:00+00', 'P L'],
        ['2', '2026-02-01 00:00:00+00', null],
      ],
    ]);
    const json = await reading({ [`${path}/a.json`]: '{"n":1}\n' }, {}, queried);
    expect(json.rows).toEqual([['1', '2026-01-31', 'P L']]);
  });

  test('refuse the rows of a file with an invalid value', async () => {
    const { rows, refused } = await reading({ 'dt=never/a.csv': 'n\n1\n' }, { dt: 'timestamp' });
    expect([rows, refused.length]).toEqual([[], 1]);
  });

  test('are replaced by a column of the file', async () => {
    const { rows } = await reading({ [`${path}/a.csv`]: 'n,DT\n1,inside\n' }, {}, queried);
    expect(rows).toEqual([['1', 'inside', 'P L']]);
  });
});
