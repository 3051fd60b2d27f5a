import { describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import { FUNCTIONS_RELEASE, functionsDigest } from '../../src/state/functions.ts';
import { migrate, pendingMigrations } from '../../src/state/migrate.ts';
import { freshDatabase } from '../support/servers.ts';

async function migrated(): Promise<Database> {
  const database = openDatabase({
    url: await freshDatabase(),
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 3,
    connectTimeoutMs: 5_000,
    idleInTransactionMs: 30_000,
    applicationName: 'test',
  });
  await migrate(database);
  return database;
}

/** Sets the watermark of every view to this instant, as another release's function might. */
async function writeOther(database: Database, release: number): Promise<void> {
  await database.run(
    `create or replace function millrace.watermark(v millrace.view, c millrace.coverage) returns timestamptz
     language sql immutable as $$ select timestamptz '2001-01-01 00:00Z' $$`,
  );
  await database.run(`update millrace.functions set release = $1, digest = 'other'`, [release]);
}

async function watermark(database: Database): Promise<unknown> {
  const [row] = await database.query<{ at: string | null }>(
    'select millrace.watermark(null::millrace.view, null::millrace.coverage)::text as at',
  );
  return row?.at;
}

const NAME = `functions (release ${FUNCTIONS_RELEASE})`;
const OTHER = '2001-01-01 00:00:00+00';

describe('the functions of the database', () => {
  test('have a greater release number whenever one of them changes', async () => {
    // If this fails: raise FUNCTIONS_RELEASE by one, and write both here.
    expect([FUNCTIONS_RELEASE, await functionsDigest()]).toEqual([
      6,
      '69ee3c317837130b6365e5a4b7644cc4b00b63edc333ffe8bc9242be0fac07db',
    ]);
  });

  test('are written once, by the first process', async () => {
    await using database = await migrated();
    await writeOther(database, FUNCTIONS_RELEASE - 1);
    expect(await pendingMigrations(database)).toEqual([NAME]);
    expect((await Promise.all([migrate(database), migrate(database)])).flat()).toEqual([NAME]);
    expect(await watermark(database)).toBe(null);
    expect(await database.query('select release, digest from millrace.functions')).toEqual([
      { release: FUNCTIONS_RELEASE, digest: await functionsDigest() },
    ]);
    expect(await migrate(database)).toEqual([]);
  });

  test('are written again if a checkout has other functions of the same release', async () => {
    await using database = await migrated();
    await writeOther(database, FUNCTIONS_RELEASE);
    expect(await migrate(database)).toEqual([NAME]);
    expect(await watermark(database)).toBe(null);
  });

  test('are left alone if they are of a newer release', async () => {
    await using database = await migrated();
    await writeOther(database, FUNCTIONS_RELEASE + 1);
    expect(await pendingMigrations(database)).toEqual([]);
    expect(await migrate(database)).toEqual([]);
    expect(await watermark(database)).toBe(OTHER);
  });

  test('are left alone if they are of a newer release, also by a process that has migrations to run', async () => {
    await using database = await migrated();
    await writeOther(database, FUNCTIONS_RELEASE + 1);
    await database.run(`delete from millrace.migration where name = '0007_queue_faults.sql'`);
    await database.run('drop table millrace.queue_fault');
    expect(await migrate(database)).toEqual(['0007_queue_faults.sql']);
    expect(await watermark(database)).toBe(OTHER);
  });
});
