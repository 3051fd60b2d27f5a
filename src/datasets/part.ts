// One part of a training set: joined in one Postgres snapshot, copied out as CSV, written as a file.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Session } from '../postgres/session.ts';
import { newestCommits } from '../state/datasets/view-facts.ts';
import type { Building, PartPlan } from './building.ts';
import { type JoinedView, joinView } from './join-view.ts';
import type { PartFacts } from './receipt.ts';
import { writePart } from './write-part.ts';

/** Makes one part and puts it in its place. */
export async function buildPart(building: Building, plan: PartPlan): Promise<PartFacts> {
  const { target, signal, engines, clock, dataset, columns } = building;
  const csv = target.workPath(`${plan.file}.rows`);
  const path = target.workPath(plan.file);
  try {
    const joined = await building.database.session((session) => copyOut(building, plan, session, csv), signal);
    await rm(path, { force: true });
    const { name, format } = dataset;
    const rows = plan.to - plan.from;
    const written = await writePart({ engines, clock, dataset: name, format, columns, rows, csv, path, signal });
    requireRows(plan, written.rows);
    const [bytes, sha256] = await Promise.all([stat(path).then(({ size }) => size), sha256Of(path)]);
    await target.put(plan.file, signal);
    const { snapshotAt, commits, joins } = joined;
    return { file: plan.file, bytes, sha256, snapshotAt, commits, joins, ...written };
  } catch (error) {
    throw signal.aborted ? signal.reason : target.workFailure(outOfSpace(error));
  } finally {
    await rm(csv, { force: true });
  }
}

/** DuckDB says in words what the system said to it. */
function outOfSpace(error: unknown): unknown {
  if (!(error instanceof Error) || !/No space left on device/.test(error.message)) return error;
  return Object.assign(new Error('no space is left on the device', { cause: error }), { code: 'ENOSPC' });
}

function requireRows({ from, to, part }: PartPlan, rows: number): void {
  if (rows !== to - from) throw new Error(`part ${part} has ${rows} rows, not ${to - from}`);
}

type Joined = Pick<PartFacts, 'snapshotAt' | 'commits' | 'joins'>;

/** All in one transaction that is never committed: its tables vanish with it, even after a crash. */
async function copyOut(building: Building, plan: PartPlan, session: Session, csv: string): Promise<Joined> {
  const { views, signal } = building;
  await session.run(
    `begin isolation level repeatable read; set local work_mem = '64MB'; set local jit = off;
     set local max_parallel_workers_per_gather = 0`,
  );
  const [clock] = await session.query<{ at: string }>(
    `select to_char(millrace.now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
  );
  const newest = await newestCommits(
    session,
    views.map(({ applied }) => applied.id),
  );
  const joins: JoinedView[] = [];
  for (const index of views.keys()) joins.push(await joinView(building, plan, session, index));
  await pipeline(session.copyOut(copySql(building, plan, joins)), createWriteStream(csv), { signal });
  await session.run('rollback');
  return {
    snapshotAt: clock?.at ?? '',
    commits: Object.fromEntries(views.map(({ as, applied }) => [as, newest.get(applied.id) ?? null])),
    joins: Object.fromEntries(
      joins.map(({ way, found, inHoles }, index) => [views[index]?.as ?? '', { way, found, inHoles }]),
    ),
  };
}

function copySql({ labels, columns }: Building, { from, to }: PartPlan, joins: readonly JoinedView[]): string {
  const selected = columns.map(({ sql, type }) => (type === 'double[]' ? `array_to_json(${sql})` : sql));
  const joined = joins.map(({ table }, index) => `join ${table} v${index} on v${index}.label_id = l.label_id`);
  return `copy (select l.label_id - ${from}, ${selected.join(', ')} from ${labels.table} l ${joined.join(' ')}
                 where l.label_id >= ${from} and l.label_id < ${to} order by l.label_id) to stdout (format csv)`;
}

/** The sha256 of a file, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1_048_576 });
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
