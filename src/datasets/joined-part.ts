// The rows of one part: joined in one Postgres snapshot, by one session or two, and copied out as CSV.

import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { literal } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { newestCommits } from '../state/datasets/view-facts.ts';
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

function slicesOf({ part, from, to }: PartPlan, { csv, sessions }: Joining): readonly [Slice, Slice?] {
  const first = { from, to, tables: `p${part}`, csv };
  if (sessions === 1 || to - from < 2 * SLICE_ROWS_MIN) return [first];
  const middle = Math.ceil((from + to) / 2);
  return [
    { ...first, to: middle },
    { from: middle, to, tables: `p${part}_rest`, csv: `${csv}.rest` },
  ];
}

/** Writes the rows. Nothing is committed: all tables vanish with their transactions, even after a crash. */
export async function joinedPart(building: Building, plan: PartPlan, joining: Joining): Promise<JoinedPart> {
  const failed = new AbortController();
  const signal = AbortSignal.any([building.signal, failed.signal]);
  const [slice, rest] = slicesOf(plan, joining);
  await using unneeded = new AsyncDisposableStack();
  if (rest !== undefined) unneeded.defer(() => rm(rest.csv, { force: true }));
  return await building.database.session(async (session) => {
    await session.run(BEGIN);
    const snapshot = await snapshotOf(building, plan, session);
    const copied = (own: Slice, where: Session) =>
      copyOut({ ...building, signal }, plan, { ...own, ...snapshot }, where);
    if (rest === undefined) return factsOf(building, snapshot, [await copied(slice, session)]);
    const [exported] = await session.query<{ id: string }>('select pg_export_snapshot() as id');
    const both = await building.database.session(async (other) => {
      await other.run(`${BEGIN}; set transaction snapshot ${literal(exported?.id ?? '')}`);
      // An error closes the other session, too, whose statement would otherwise keep running.
      return bothOf([copied(slice, session), copied(rest, other)], (error) => failed.abort(error));
    }, signal);
    await append(rest.csv, slice.csv, signal);
    return factsOf(building, snapshot, both);
  }, signal);
}

/** Both results, or the first error, after both have ended. */
async function bothOf<T>(work: readonly Promise<T>[], stop: (error: unknown) => void): Promise<T[]> {
  try {
    return await Promise.all(work);
  } catch (error) {
    stop(error);
    await Promise.allSettled(work);
    throw error;
  }
}

async function append(from: string, to: string, signal: AbortSignal): Promise<void> {
  const read = createReadStream(from, { highWaterMark: 1_048_576 });
  await pipeline(read, createWriteStream(to, { flags: 'a' }), { signal });
}

const BEGIN = `begin isolation level repeatable read; set local work_mem = '64MB'; set local jit = off;
  set local max_parallel_workers_per_gather = 0`;

type Snapshot = Pick<PartFacts, 'snapshotAt' | 'commits'> & { readonly planned: readonly PlannedJoin[] };

async function snapshotOf(building: Building, plan: PartPlan, session: Session): Promise<Snapshot> {
  const { views } = building;
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
  await session.run('rollback');
  return joined;
}

function rowsSql(building: Building, part: PartPlan, { from, to }: LabelRange, { tables }: JoinedTables): string {
  const { labels, columns } = building;
  const selected = columns.map(({ sql, type }) => copySql(type, sql));
  const joined = tables.map((table, index) => `join ${table} t${index} on t${index}.label_id = l.label_id`);
  return `select l.label_id - ${part.from}, ${selected.join(', ')} from ${labels.table} l ${joined.join(' ')}
           where l.label_id >= ${from} and l.label_id < ${to} order by l.label_id`;
}
