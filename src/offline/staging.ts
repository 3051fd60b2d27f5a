// Staging: the rows of one attempt of a run, in separate unlogged tables until they are committed.

import { pipeline } from 'node:stream/promises';
import { Failure, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Database, identifier } from '../postgres/database.ts';
import { codeOf, sqlStateOf } from '../postgres/failure.ts';
import type { Session } from '../postgres/session.ts';
import type { StagingColumn } from '../rows/layout.ts';

/** `staging.run_17_2`: named by run and epoch, so that no two attempts share one; numbers alone need no quotes. */
export function stagingTable(run: { readonly id: number; readonly epoch: number }): string {
  return `staging.run_${run.id}_${run.epoch}`;
}

/** The table with the keys of an attempt's refused rows, and a bounded number of those rows. */
export function refusedTable(run: { readonly id: number; readonly epoch: number }): string {
  return `${stagingTable(run)}_refused`;
}

/** The columns that every view's staging has; a query with a `tie_break` column adds one. */
export function plainStagingColumns(view: FeatureView): StagingColumn[] {
  return [
    { name: 'entity_id', sqlType: 'text collate "C"' },
    { name: 'event_timestamp', sqlType: 'timestamptz' },
    ...view.features.map((feature) => ({ name: feature.name, sqlType: entryOf(feature.type).sqlType })),
  ];
}

/** A staging table. What is said of its rows shows no values where the view is redacted. */
export type Staging = {
  readonly table: string;
  readonly view: FeatureView;
};

export async function createStaging(session: Session, table: string, columns: readonly StagingColumn[]): Promise<void> {
  const definitions = columns.map((column) => `${identifier(column.name)} ${column.sqlType}`).join(', ');
  await session.run(`create unlogged table ${table} (${definitions}) with (autovacuum_enabled = false)`);
}

/** Adds lines in the text format of COPY to a staging table. */
export async function fillStaging(
  session: Session,
  { table, view }: Staging,
  lines: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const source: Brokenness = { error: null };
  try {
    await pipeline(untold(lines, source), session.copyIn(`copy ${table} from stdin`), { signal });
  } catch (error) {
    throw source.error ?? unstorable(view, error) ?? error;
  }
}

/** What ended the lines early, or null. */
type Brokenness = { error: unknown };

/**
 * The driver sends the server the reason of an early end, and the server closes connections that send more than 10,000
 * bytes.
 */
async function* untold(lines: AsyncIterable<string> | Iterable<string>, source: Brokenness): AsyncGenerator<string> {
  try {
    yield* lines;
  } catch (error) {
    source.error = error;
    throw new Error('the rows broke off');
  }
}

/** The row check knows what Postgres accepts; what it lets through and Postgres refuses ends the run with a sentence. */
function unstorable({ redacted }: FeatureView, error: unknown): Failure | null {
  if (!codeOf(error).startsWith('22')) return null;
  const why = redacted ? safe(`SQLSTATE ${codeOf(error)}`) : wordsOf(error);
  return new Failure(
    'ROWS_REFUSED',
    text`The offline store cannot store a row that passed the row check (${why}): change the query to exclude such values.`,
    { sqlstate: codeOf(error) },
    redacted ? undefined : error,
  );
}

/** How many rows a staging table holds; null where it does not exist, which ends the transaction of a session. */
export async function countStaged(session: Session | Database, table: string): Promise<number | null> {
  return ofExisting(async () => {
    const [count] = await session.query<{ rows: number }>(`select count(*) as rows from ${table}`);
    return count?.rows ?? 0;
  });
}

/** What a query of a staging table yields; null where there is none. */
export async function ofExisting<T>(query: () => Promise<T>): Promise<T | null> {
  try {
    return await query();
  } catch (error) {
    if (sqlStateOf(error) !== UNDEFINED_TABLE) throw error;
    return null;
  }
}

const UNDEFINED_TABLE = '42P01';

/** How many of the refused rows have a key. */
export async function countKeys(session: Session, table: string): Promise<number> {
  const [count] = await session.query<{ rows: number }>(`select count(event_timestamp) as rows from ${table}`);
  return count?.rows ?? 0;
}
