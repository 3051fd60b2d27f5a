import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { freshDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';

describe('a transaction that is left idle', () => {
  test('fails with the name of the timeout that ended it', async () => {
    const url = await freshDatabase();
    const shared = {
      url,
      role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
      poolMax: 1,
      connectTimeoutMs: 30_000,
    } as const;
    await using database = openDatabase({ ...shared, idleInTransactionMs: 200, applicationName: 'idle' });
    await using watching = openDatabase({ ...shared, idleInTransactionMs: 30_000, applicationName: 'watching' });
    const isGone = async () =>
      (await watching.query(`select 1 from pg_stat_activity where application_name = 'idle'`)).length === 0;
    const failed = database.transaction(async (session) => {
      await session.run('select 1');
      await until(isGone);
      await session.run('select 1');
    });
    await expect(failed).rejects.toMatchObject({
      code: 'OFFLINE_UNAVAILABLE',
      message: expect.stringMatching(
        /^The offline store closed a connection that was idle in a transaction for longer than idle_in_transaction_session_timeout: .* try again \(.*\)\.$/,
      ),
    });
  });
});
