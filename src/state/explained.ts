// Explains statements that fail because the tables of the database are not those of this release.

import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import { migrationNames, pendingMigrations, requireKnownMigrations } from './migrate.ts';

/** A schema, table, column or function that does not exist. */
const MISSING: readonly string[] = ['3F000', '42P01', '42703', '42883'];

/**
 * The same database, except that a statement over something that does not exist fails with OFFLINE_DENIED if the database has other
 * migrations than this release; its cause is the error of Postgres. Only such a statement costs others. Sessions from `reserve` are not
 * explained.
 */
export function explained(database: Database): Database {
  const explain = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw MISSING.includes(codeOf(error)) ? await reasonOf(database, error) : error;
    }
  };
  return {
    ...database,
    query: <R>(...statement: Parameters<Database['query']>) => explain(() => database.query<R>(...statement)),
    run: (...statement) => explain(() => database.run(...statement)),
    session: (work, signal) => explain(() => database.session(work, signal)),
    transaction: (work, signal) => explain(() => database.transaction(work, signal)),
  };
}

async function reasonOf(database: Database, error: unknown): Promise<unknown> {
  try {
    await requireKnownMigrations(database);
    const [missing] = await pendingMigrations(database);
    const [first] = await migrationNames();
    if (missing === undefined) return error;
    return missing === first ? noTables(missing, error) : olderTables(missing, error);
  } catch (thrown) {
    // Without access to the list of migrations, the first error says more.
    if (!(thrown instanceof Failure && 'migration' in thrown.facts)) return error;
    return new Failure(thrown.code, thrown.parts, thrown.facts, error);
  }
}

/** The URL of another database is the usual cause. */
function noTables(missing: string, cause: unknown): Failure {
  return new Failure(
    'OFFLINE_DENIED',
    text`This database has no tables of Millrace: check its URL or, if nothing is deployed yet, run "${command('millrace apply')}".`,
    { migration: missing },
    cause,
  );
}

function olderTables(missing: string, cause: unknown): Failure {
  return new Failure(
    'OFFLINE_DENIED',
    text`The tables in this database are from an earlier release of Millrace (migration ${safe(missing)} is missing): run "${command('millrace migrate')}" with this release, or start its scheduler.`,
    { migration: missing },
    cause,
  );
}
