// The rows of one part: joined in one Postgres snapshot, by one session or two, and copied out as CSV.

import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { rewrittenTables } from '../offline/rewritten.ts';
import { offlineTable } from '../offline/table.ts';
import { type Database, literal } from '../postgres/database.ts';
import type { ReservedSession } from '../postgres/reserve.ts';
import type { Session } from '../postgres/session.ts';
import { newestCommits } from '../state/datasets/view-facts.ts';
import { renamedFeature } from '../state/views/renamed.ts';
import { appliedViewsOf } from '../state/views/views.ts';
import type { Building, PartPlan } from './building.ts';
import { copySql } from './file-type.ts';
import { type JoinedTables, joinTables } from './join-tables.ts';
import { type LabelRange, type PlannedJoin, plannedJoins } from './join-ways.ts';
import type { PartFacts } from './receipt.ts';

export type JoinedPart = Pick<PartFacts, 'snapshotAt' | 'commits' | 'joins'>;

export type Joining = {
  /** The file for all rows. */
  readonly csv: string;
  /** In how many sessions Postgres joins the labels of the part, each as many of them. */
  readonly sessions: 1 | 2;
};

/** Labels that one session joins, the beginning of the names of its tables, and the file for its rows. */
type Slice = LabelRange & { readonly tables: string; readonly csv: string };

/** For fewer labels, another session costs more than it saves. */
const SLICE_ROWS_MIN = 1_000;

function slicesOf({ part, from, to }: PartPlan, { csv }: Joining): readonly [Slice, Slice] {
  const first = { from, to, tables: `p${part}`, csv };
  const middle = Math.ceil((from + to) / 2);
  return [
    { ...first, to: middle },
    { from: middle, to, tables: `p${part}_rest`, csv: `${csv}.rest` },
  ];
}

function isForTwo({ database }: Building, { from, to }: PartPlan, { sessions }: Joining): boolean {
  return sessions === 2 && to - from >= 2 * SLICE_ROWS_MIN && database.connections().max >= 2;
}

/**
 * Writes the rows. Nothing is committed: all tables vanish with their transactions, even after a crash.
 *
 * @throws Failure CHECK_FAILED also for a view that was redeployed meanwhile, or OFFLINE_UNAVAILABLE also where a table was
 * rewritten
 */
export async function joinedPart(building: Building, plan: PartPlan, joining: Joining): Promise<JoinedPart> {
  const failed = new AbortController();
  const signal = AbortSignal.any([building.signal, failed.signal]);
  await using reserved = await building.database.reserve(signal);
  const { session } = reserved;
  try {
    await session.run(BEGIN);
    const snapshot = await snapshotOf(building, plan, session);
    const copied = (own: Slice, where: Session) =>
      copyOut({ ...building, signal }, plan, { ...own, ...snapshot }, where);
    await using other = isForTwo(building, plan, joining)
      ? await sameSnapshot(building.database, session, signal)
      : null;
    if (other === null) {
      const whole = { from: plan.from, to: plan.to, tables: `p${plan.part}`, csv: joining.csv };
      return factsOf(building, snapshot, [await copied(whole, session)]);
    }
    const [slice, rest] = slicesOf(plan, joining);
    await using unneeded = new AsyncDisposableStack();
    unneeded.defer(() => rm(rest.csv, { force: true }));
    // An error closes the other session, too, whose statement would otherwise keep running. It is explained before that,
    // since the reason of the signal explains all errors after it.
    const stopping = (own: Slice, where: ReservedSession) =>
      copied(own, where.session).catch((error) => {
        failed.abort(where.explain(error));
        throw failed.signal.reason;
      });
    const both = await allEnded([stopping(slice, reserved), stopping(rest, other)]);
    await append(rest.csv, slice.csv, signal);
    return factsOf(building, snapshot, both);
  } catch (error) {
    throw reserved.explain(error);
  }
}

/** Another session in the snapshot of this one; null if there is none, since then this one can read everything. */
async function sameSnapshot(
  database: Database,
  session: Session,
  signal: AbortSignal,
): Promise<ReservedSession | null> {
  const [exported] = await session.query<{ id: string }>('select pg_export_snapshot() as id');
  await using unused = new AsyncDisposableStack();
  try {
    const other = unused.use(await database.reserve(signal));
    await other.session.run(`${BEGIN}; set transaction snapshot ${literal(exported?.id ?? '')}`);
    unused.move();
    return other;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** All results, or the first error, after all have ended. */
async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function append(from: string, to: string, signal: AbortSignal): Promise<void> {
  const read = createReadStream(from, { highWaterMark: 1_048_576 });
  await pipeline(read, createWriteStream(to, { flags: 'a' }), { signal });
}

// Each lookup of a view could take the memory of a statement for rows of which hardly any is read twice.
const BEGIN = `begin isolation level repeatable read; set local work_mem = '64MB'; set local jit = off;
  set local enable_memoize = off; set local max_parallel_workers_per_gather = 0`;

type Snapshot = Pick<PartFacts, 'snapshotAt' | 'commits'> & { readonly planned: readonly PlannedJoin[] };

async function snapshotOf(building: Building, plan: PartPlan, session: Session): Promise<Snapshot> {
  const { views } = building;
  await requireSameDefinitions(building, session);
  const [clock] = await session.query<{ at: string }>(
    `select to_char(millrace.now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
  );
  const newest = await newestCommits(
    session,
    views.map(({ applied }) => applied.id),
  );
  return {
    snapshotAt: clock?.at ?? '',
    commits: Object.fromEntries(views.map(({ as, applied }) => [as, newest.get(applied.id) ?? null])),
    planned: await plannedJoins(building, plan, session),
  };
}

/** @throws Failure CHECK_FAILED for a view with another definition than at the start, whose rows may have other types. */
async function requireSameDefinitions({ dataset: { name }, views }: Building, session: Session): Promise<void> {
  const ids = views.map(({ applied }) => applied.id);
  const current = new Map((await appliedViewsOf(session, ids)).map((one) => [one.id, one]));
  const changed = views.find(({ applied: { id, data, view } }) => {
    const now = current.get(id);
    return now === undefined || now.data !== data || renamedFeature(view, now.view) !== null;
  });
  if (changed === undefined) return;
  const { view } = changed.applied;
  throw new Failure(
    'CHECK_FAILED',
    text`${safe(view.name)} was deployed with a new definition while the training set ${safe(name)} was built: run the command again to build it with that definition.`,
    { dataset: name, view: view.name },
  );
}

function factsOf({ views }: Building, { snapshotAt, commits, planned }: Snapshot, joined: readonly JoinedTables[]) {
  const joins = planned.map(({ index, way }) => {
    const sum = (of: 'found' | 'inHoles') => joined.reduce((total, { facts }) => total + (facts[index]?.[of] ?? 0), 0);
    return [views[index]?.as ?? '', { way, found: sum('found'), inHoles: sum('inHoles') }] as const;
  });
  return { snapshotAt, commits, joins: Object.fromEntries(joins) };
}

async function copyOut(
  building: Building,
  plan: PartPlan,
  { planned, ...slice }: Slice & Pick<Snapshot, 'planned'>,
  session: Session,
): Promise<JoinedTables> {
  const joined = await joinTables(building, slice, session, planned);
  const rows = session.copyOut(`copy (${rowsSql(building, plan, slice, joined)}) to stdout (format csv)`);
  await pipeline(rows, createWriteStream(slice.csv), { signal: building.signal });
  requireNoneRewritten(await rewrittenTables(session, tablesOf(building)));
  await session.run('rollback');
  return joined;
}

function tablesOf({ views }: Building): string[] {
  return views.map(({ known: { view } }) => offlineTable(view));
}

function requireNoneRewritten([table]: readonly string[]): void {
  if (table === undefined) return;
  throw new Failure(
    'OFFLINE_UNAVAILABLE',
    text`The offline table ${safe(table)} was rewritten while the training set read it, so rows may be missing: run the command again to resume the build.`,
    { table },
  );
}

function rowsSql(building: Building, part: PartPlan, { from, to }: LabelRange, { tables }: JoinedTables): string {
  const { labels, columns } = building;
  const selected = columns.map(({ sql, type }) => copySql(type, sql));
  const joined = tables.map((table, index) => `join ${table} t${index} on t${index}.label_id = l.label_id`);
  return `select l.label_id - ${part.from}, ${selected.join(', ')} from ${labels.table} l ${joined.join(' ')}
           where l.label_id >= ${from} and l.label_id < ${to} order by l.label_id`;
}
