// Runs numbered, forward-only migrations and writes the functions, in one process at a time.

import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import type { Session } from '../postgres/session.ts';
import { areFunctionsCurrent, FUNCTIONS_RELEASE, writeFunctions } from './functions.ts';
import { lockUntilCommit } from './locks.ts';

/** Represents the functions in the list of migrations. */
const FUNCTIONS = `functions (release ${FUNCTIONS_RELEASE})`;
/** The migration that added the version of the functions to the database. */
const BRINGS_FUNCTIONS = '0009_view_columns.sql';
/** Has a folder for each ten migrations. Databases record a migration by its name, without that folder. */
const FOLDER = new URL('./migrations/', import.meta.url);
const OLDEST_SERVER = 150_000;
/** The path of each migration of this release in that folder, by its name, once a process has read them. */
let pathsRead: Promise<ReadonlyMap<string, string>> | null = null;

/**
 * Brings the schema up to date and returns the names of the migrations it ran, and of the functions if it wrote them;
 * repeating it does nothing.
 *
 * @throws Failure OFFLINE_DENIED as requireKnownMigrations, or if the server is too old.
 */
export async function migrate(database: Database): Promise<string[]> {
  const names = await migrationNames();
  await requireKnownMigrations(database);
  // Checked first, so that an account without permission to change schemas can start if nothing must change.
  if ((await leftOf(database, names)).length === 0) return [];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrateOnce(database, names);
    } catch (error) {
      if (!(error instanceof Failure) || codeOf(error.cause) !== LOCK_NOT_AVAILABLE) throw error;
      if (attempt === LOCK_ATTEMPTS) throw tablesInUse(error);
      await systemClock.sleep(LOCK_RETRY_MS);
    }
  }
}

/**
 * While a migration waits for a long publish or commit to release a table, all other statements on that table wait for the
 * migration: claims, renewals of leases, pushes. So it gives up soon, and begins again later.
 */
const LOCK_TIMEOUT = '2s';
const LOCK_RETRY_MS = 1_000;
/** About five minutes. */
const LOCK_ATTEMPTS = 100;
const LOCK_NOT_AVAILABLE = '55P03';

function tablesInUse(cause: unknown): Failure {
  const sentence = text`Millrace's tables could not be migrated, because running work has kept them locked for minutes: stop the workers, and run "${command('millrace migrate')}" again.`;
  return new Failure('OFFLINE_UNAVAILABLE', sentence, {}, cause);
}

function migrateOnce(database: Database, names: readonly string[]): Promise<string[]> {
  return database.transaction(async (session) => {
    await requireServer(session);
    await session.run(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
    await lockUntilCommit(session, 'migrations');
    await session.run('create schema if not exists millrace');
    await session.run(
      `create table if not exists millrace.migration (
         name text primary key, at timestamptz not null default clock_timestamp())`,
    );
    const left = await leftOf(session, names);
    for (const name of left.filter((one) => one !== FUNCTIONS)) {
      await session.run(await migrationText(name));
      await session.run('insert into millrace.migration (name) values ($1)', [name]);
    }
    if (left.includes(FUNCTIONS)) await writeFunctions(session);
    return left;
  });
}

/**
 * Makes sure that no newer release has migrated this database: a view may use features that this release would silently
 * compute wrong. @throws Failure OFFLINE_DENIED naming the first unknown migration.
 */
export async function requireKnownMigrations(database: Database | Session): Promise<void> {
  const names = await migrationNames();
  const [unknown] = (await doneIn(database)).filter((name) => !names.includes(name)).sort();
  if (unknown === undefined) return;
  throw new Failure(
    'OFFLINE_DENIED',
    text`The tables in this database were created by a newer release of Millrace (this release does not recognize migration ${safe(unknown)}): use that release or a newer one.`,
    { migration: unknown },
  );
}

/** The migrations that `migrate` would run, oldest first. Reads only. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  return leftOf(database, await migrationNames());
}

/** The names of the migrations of the release that this process runs, oldest first. */
export async function migrationNames(): Promise<readonly string[]> {
  return [...(await migrationPaths()).keys()];
}

/** The SQL of one of them. */
export async function migrationText(name: string): Promise<string> {
  const path = (await migrationPaths()).get(name);
  if (path === undefined) throw new Error(`this release has no migration ${name}`);
  return readFile(new URL(path, FOLDER), 'utf8');
}

/** Read once, when the process starts: installing a newer release replaces the folder under a running process. */
function migrationPaths(): Promise<ReadonlyMap<string, string>> {
  pathsRead ??= readMigrationPaths();
  return pathsRead;
}

async function readMigrationPaths(): Promise<ReadonlyMap<string, string>> {
  const paths = (await readdir(FOLDER, { recursive: true })).filter((path) => path.endsWith('.sql'));
  return new Map(paths.map((path) => [basename(path), path] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function leftOf(database: Database | Session, names: readonly string[]): Promise<string[]> {
  const done = new Set(await doneIn(database));
  const left = names.filter((name) => !done.has(name));
  return done.has(BRINGS_FUNCTIONS) && (await areFunctionsCurrent(database)) ? left : [...left, FUNCTIONS];
}

async function doneIn(database: Database | Session): Promise<string[]> {
  const [table] = await database.query<{ exists: boolean }>(
    `select to_regclass('millrace.migration') is not null as exists`,
  );
  if (table?.exists !== true) return [];
  const rows = await database.query<{ name: string }>('select name from millrace.migration');
  return rows.map(({ name }) => name);
}

async function requireServer(session: Session): Promise<void> {
  const [server] = await session.query<{ number: string; version: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version`,
  );
  if (Number(server?.number) >= OLDEST_SERVER) return;
  throw new Failure(
    'OFFLINE_DENIED',
    text`The offline store is Postgres ${safe(server?.version ?? '?')}, but Millrace needs version 15 or newer: upgrade the server.`,
  );
}
