import { describe, expect, test } from 'vitest';
import { openCommandWorld } from '../world.ts';

describe('reportError', () => {
  test('names no password where the database is of a newer release', async () => {
    const world = await openCommandWorld();
    await world.database.run(`insert into millrace.migration (name) values ('9999_new.sql')`);
    expect(await world.millrace('migrate')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'The tables in this database were created by a newer release of Millrace (this release does not recognize migration 9999_new.sql): use that release or a newer one.\n',
    });
  });

  test('says what to check where Postgres refuses the password', async () => {
    const world = await openCommandWorld();
    const url = new URL(world.env['MILLRACE_OFFLINE_URL'] ?? '');
    url.username = 'no_such_role';
    url.password = 'wrong';
    const { stderr } = await world.millrace('migrate', { MILLRACE_OFFLINE_URL: url.href });
    expect(stderr).toMatch(/; check the user, password and database of offline\.url in millrace\.yaml\.\n$/);
  });
});
