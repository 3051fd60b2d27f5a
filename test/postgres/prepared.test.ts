import { describe, expect, test } from 'vitest';
import { prepared } from '../../src/postgres/prepared.ts';
import { openTestDatabase } from '../support/database.ts';
import { freshDatabase } from '../support/servers.ts';

const NAMES = `select name from pg_prepared_statements`;

describe('a prepared statement', () => {
  test('is planned once per connection', async () => {
    await using database = openTestDatabase(await freshDatabase());
    const twice = prepared('select $1::int * 2 as twice');
    await database.session(async (session) => {
      expect(await session.query(twice, [4])).toEqual([{ twice: 8 }]);
      expect(await session.query(twice, [5])).toEqual([{ twice: 10 }]);
      expect(await session.query(NAMES)).toEqual([{ name: expect.stringMatching(/^millrace_[0-9a-f]{16}$/) }]);
    });
  });

  test('that fails can be used again, on the same connection', async () => {
    await using database = openTestDatabase(await freshDatabase());
    const divided = prepared('select 12 / $1::int as divided');
    await database.session(async (session) => {
      await expect(session.query(divided, [0])).rejects.toMatchObject({ code: '22012' });
      expect(await session.query(divided, [4])).toEqual([{ divided: 3 }]);
    });
  });

  test('sees an altered table after one failure, which is worth a retry', async () => {
    await using database = openTestDatabase(await freshDatabase());
    await database.run('create table t as select 1 as a');
    const all = prepared('select a from t where $1');
    expect(await database.query(all, [true])).toEqual([{ a: 1 }]);
    await database.run(`alter table t alter a type text using a || 'x'`);
    await expect(database.query(all, [true])).rejects.toMatchObject({ code: 'OFFLINE_UNAVAILABLE' });
    expect(await database.query(all, [true])).toEqual([{ a: '1x' }]);
  });

  test('is not prepared if there are too many, as texts with values in them would be', () => {
    const all = Array.from({ length: 300 }, (_, value) => prepared(`select ${value}`));
    expect(all.filter((one) => typeof one === 'string').length).toBeGreaterThanOrEqual(100);
    expect(all.at(-1)).toBe('select 299');
  });
});
