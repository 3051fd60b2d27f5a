// How a run replaces its row range of the offline table (docs/architecture/stores.md). Doing the same again changes nothing.

import type { FeatureView } from '../definition/view.ts';
import { type Database, identifier } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import type { Session } from '../postgres/session.ts';
import { replaceStored } from './difference.ts';
import { NO_REMOVAL, type Replaced, type Replacement } from './replacement.ts';
import { offlineTable } from './table.ts';

/** Thrown where rows have equal entity and time: looking for them before each commit costs more than beginning it again. */
export class DuplicateKeys extends Error {
  override readonly name = 'DuplicateKeys';
}

/**
 * Columns of a query that gives its transaction memory for one sort or join: what does not fit goes to disk, several times
 * slower. Compiling a statement that runs once costs more than it saves.
 */
export const COMMIT_MEMORY = `set_config('work_mem', '64MB', true) as memory, set_config('jit', 'off', true) as jit`;

/**
 * Replaces the range by what staging holds, noting the entities whose rows are gone. In a transaction with
 * COMMIT_MEMORY.
 *
 * @throws DuplicateKeys after which the transaction has to be rolled back and may be repeated with `possible`.
 */
export async function replaceRange(session: Session, replacement: Replacement, accepted: number): Promise<Replaced> {
  try {
    if (!replacement.mayHoldRows) return await insertAll(session, replacement, accepted);
    return replacement.span === null
      ? await mergeAll(session, replacement, accepted)
      : await replaceAll(session, replacement, accepted);
  } catch (error) {
    if (replacement.duplicates === 'unlikely' && codeOf(error) === UNIQUE_VIOLATION) throw new DuplicateKeys();
    throw error;
  }
}

const UNIQUE_VIOLATION = '23505';

/** In the order of the key: a third of the time that inserting in any other order takes. */
async function insertAll(session: Session, replacement: Replacement, accepted: number): Promise<Replaced> {
  const { view, runId } = replacement;
  const inserted = await session.run(
    `insert into ${offlineTable(view)} (entity_id, event_timestamp, ${featureList(view)}, run_id)
     select s.*, ${runId} from (${await winners(session, replacement)}) s order by entity_id, event_timestamp`,
  );
  const counts = { inserted, changed: 0, unchanged: 0, duplicates: accepted - inserted, removed: 0, kept: 0 };
  return { counts, removal: NO_REMOVAL, lost: '{}' };
}

async function replaceAll(session: Session, replacement: Replacement, accepted: number): Promise<Replaced> {
  const staged = await winners(session, replacement);
  const { inserted, changed, lost, ...removal } = await replaceStored(session, replacement, staged);
  const { stored, removed, kept } = removal;
  const matched = stored - removed - kept;
  const duplicates = accepted - inserted - matched;
  if (duplicates > 0 && replacement.duplicates === 'unlikely') throw new DuplicateKeys();
  return {
    counts: { inserted, changed, unchanged: matched - changed, duplicates, removed, kept },
    removal,
    lost,
  };
}

/** A view of kind latest keeps what its query no longer yields. */
async function mergeAll(session: Session, replacement: Replacement, accepted: number): Promise<Replaced> {
  const distinct = await distinctRows(session, replacement.staging);
  const exact: Replacement = { ...replacement, duplicates: distinct < accepted ? 'possible' : 'unlikely' };
  const staged = await winners(session, exact);
  const { inserted, changed } = await replaceStored(session, exact, staged);
  const counts = {
    inserted,
    changed,
    unchanged: distinct - inserted - changed,
    duplicates: accepted - distinct,
    removed: 0,
    kept: 0,
  };
  return { counts, removal: NO_REMOVAL, lost: '{}' };
}

/** Of rows with equal entity and time one wins: the greatest tie_break, else the greatest row in text order. */
async function winners(session: Session, { view, staging, duplicates }: Replacement): Promise<string> {
  const names = featureList(view);
  if (duplicates === 'unlikely') return `select entity_id, event_timestamp, ${names} from ${staging}`;
  const textOrder = view.features.map(({ name }) => `${identifier(name)}::text collate "C" desc nulls last`);
  const order = (await hasTieBreak(session, staging)) ? ['tie_break desc nulls last', ...textOrder] : textOrder;
  return `select distinct on (entity_id, event_timestamp) entity_id, event_timestamp, ${names}
            from ${staging} order by entity_id, event_timestamp, ${order.join(', ')}`;
}

async function hasTieBreak(session: Session, staging: string): Promise<boolean> {
  const [row] = await session.query<{ has: boolean }>(
    `select exists (select from pg_attribute where attrelid = $1::regclass and attname = 'tie_break') as has`,
    [staging],
  );
  return row?.has === true;
}

function featureList(view: FeatureView): string {
  return view.features.map((feature) => identifier(feature.name)).join(', ');
}

/** How many keys the rows of a staging table have. */
export async function distinctRows(session: Session | Database, staging: string): Promise<number> {
  const [count] = await session.query<{ rows: number }>(
    `select count(*) as rows from (select distinct entity_id, event_timestamp from ${staging}) d`,
  );
  return count?.rows ?? 0;
}
