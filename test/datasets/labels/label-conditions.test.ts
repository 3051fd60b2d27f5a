import { describe, expect, test } from 'vitest';
import { firstColumnWhere } from '../../../src/datasets/labels/label-conditions.ts';
import { openTestDatabase } from '../../support/database.ts';
import { freshDatabase } from '../../support/servers.ts';

describe('firstColumnWhere', () => {
  const conditions = [
    { column: 'a', sql: 'c0 > 5' },
    { column: 'b', sql: 'c1 > 5' },
    { column: 'c', sql: 'c2 > 5' },
  ];

  test.each([
    ['no row', '', null],
    ['only null', 'values (null, null, null)', null],
    ['no such value', 'values (1, 2, 3)', null],
    ['such values of different rows', 'values (1, 2, 9), (null, 9, null)', 'b'],
  ])('is the first column with a row that meets its condition: %s', async (_, rows, column) => {
    await using database = openTestDatabase(await freshDatabase());
    const found = await database.session(async (session) => {
      await session.run('create temporary table labels (c0 int, c1 int, c2 int)');
      if (rows !== '') await session.run(`insert into labels ${rows}`);
      return firstColumnWhere(session, 'labels', conditions);
    });
    expect(found).toBe(column);
  });

  test('reads nothing if there is no condition', async () => {
    await using database = openTestDatabase(await freshDatabase());
    expect(await database.session((session) => firstColumnWhere(session, 'no_table', []))).toBeNull();
  });
});
