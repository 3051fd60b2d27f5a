// A build of a training set, from its labels to its receipt. Interrupted at any moment, the next build of the same set
// resumes: labels that are staged and parts that are written are kept, unless a view has changed in its range since.

import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { formatInstant } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';
import type { Dataset } from '../definition/dataset.ts';
import type { Database } from '../postgres/database.ts';
import type { EnginePool } from '../sources/lake/engine/pool.ts';
import type { Source } from '../sources/source.ts';
import { type Build, beginBuild, endBuild, recordLabels, releaseBuild, renewBuild } from '../state/datasets/builds.ts';
import { buildParts, type Parts } from './build-parts.ts';
import type { Building, BuildProgress } from './building.ts';
import { changesFor } from './changes.ts';
import { spanOf } from './labels/read-labels.ts';
import { dropLabels, type StagedLabels, stageLabels, stagingPrefix } from './labels/staged-labels.ts';
import { type OutputColumn, outputColumns } from './output-columns.ts';
import { foldersOf, planParts } from './plan-parts.ts';
import { columnsOfParts, parseReceipt, type Receipt, type ViewFacts } from './receipt.ts';
import { entitiesView, requireSetViews, type SetView, viewHoles } from './set-views.ts';
import type { Target } from './targets/target.ts';

export type BuildOptions = {
  readonly database: Database;
  readonly engines: EnginePool;
  readonly clock: Clock;
  readonly dataset: Dataset;
  readonly target: Target;
  sourceOf(name: string): Source;
  /** This process, among all that ever ran. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly partRows?: number;
  /** The release that writes the receipt. */
  readonly millrace: string;
  readonly signal: AbortSignal;
  readonly progress?: BuildProgress;
};

/** Labels of one part: some ten seconds of work, which is what an interruption costs. */
const PART_ROWS = 500_000;

/** Builds a set, or resumes its build. @throws Failure as sources and targets do, NOT_FOUND, CHECK_FAILED or LEASE_LOST. */
export async function buildDataset(options: BuildOptions): Promise<Receipt> {
  const { database, dataset, target, clock, owner, leaseMs } = options;
  const views = await requireSetViews(database, dataset);
  const entities = await entitiesView(database, dataset);
  const by = { owner, leaseMs };
  const all = entities === null ? views : [...views, entities];
  const key = { name: dataset.name, target: target.label, fingerprint: setFingerprint(dataset, all) };
  const begun = await beginBuild<StagedLabels>(database, key, by);
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  using _renewals = clock.every(leaseMs / 3, () => {
    renewBuild(database, begun.id, by).catch((error) => {
      // If Postgres is unavailable, the other process cannot reach it either.
      if (error instanceof Failure && error.code === 'LEASE_LOST') lost.abort(error);
    });
  });
  const ended = async (receipt: Receipt) => {
    // Lineage shows the views of the newest build.
    const used = receipt.views.map(({ view }) => ({ view }));
    await database.transaction(async (session) => {
      // Both or neither: no later build would drop the tables of one that has ended. A drop may wait for readers of a table,
      // so it comes before the lock of the build, which renewals need.
      await dropLabels(session, stagingPrefix(begun.id));
      await endBuild(session, begun.id, by, { rows: receipt.rows, parts: receipt.parts.length, views: used });
    });
    return receipt;
  };
  try {
    const whole = await finishedReceipt(target, begun.token, key.fingerprint, signal);
    if (whole !== null) return await ended(whole);
    const kept = await keptLabels(options, begun.labels, entities);
    await target.begin(begun.token, kept === null ? 'new' : 'resumed', signal);
    const { building, plans } = await planned({ ...options, signal }, begun.id, { views, entities, kept });
    const { progress } = options;
    const recording = { build: begun.id, by, ...(progress === undefined ? {} : { progress }) };
    const made = await buildParts(building, plans, recording);
    const receipt = await receiptOf(options, begun, { ...made, building, fingerprint: key.fingerprint });
    signal.throwIfAborted();
    await target.finish(receipt, signal);
    return await ended(receipt);
  } catch (error) {
    await releaseBuild(database, begun.id, by).catch(() => undefined);
    throw signal.aborted ? signal.reason : error;
  }
}

/** What this build has finished, where it was interrupted before it could record that; null where it has not. */
async function finishedReceipt(
  target: Target,
  token: string,
  fingerprint: string,
  signal: AbortSignal,
): Promise<Receipt | null> {
  const written = await target.finished(token, signal);
  if (written === null) return null;
  try {
    const receipt = parseReceipt(written, target.label);
    return receipt.token === token && receipt.fingerprint === fingerprint ? receipt : null;
  } catch {
    // Another program's file: this build did not write it.
    return null;
  }
}

/** What a set is made of: another fingerprint is another set. */
export function setFingerprint(dataset: Dataset, views: readonly SetView[]): string {
  const deployed = views.map(({ applied }) => [applied.view.name, applied.data, applied.meta]);
  return createHash('sha256')
    .update(JSON.stringify([dataset, deployed]))
    .digest('hex')
    .slice(0, 16);
}

/** Null where labels are not staged, or would be others now. */
async function keptLabels(
  { database, dataset }: BuildOptions,
  labels: StagedLabels | null,
  entities: SetView | null,
): Promise<StagedLabels | null> {
  if (labels === null || !(await areStaged(database, labels))) return null;
  if (entities === null) return labels;
  const changes = await changesFor(database, entities, spanOf(dataset), labels.commit);
  return changes.length === 0 ? labels : null;
}

/** A crash of the server empties unlogged tables. */
async function areStaged(database: Database, { table, rows }: StagedLabels): Promise<boolean> {
  const [found] = await database.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [table]);
  if (found?.exists !== true) return false;
  const [counted] = await database.query<{ rows: number }>(`select count(*) as rows from ${table}`);
  return counted?.rows === rows;
}

type Begun = Pick<Building, 'views' | 'entities'> & { readonly kept: StagedLabels | null };

async function planned(options: BuildOptions, build: number, { views, entities, kept }: Begun) {
  const { database, dataset, engines, clock, target, sourceOf, signal, progress } = options;
  const prefix = stagingPrefix(build);
  let labels = kept;
  if (labels === null) {
    progress?.staging();
    await recordLabels(database, build, null);
    labels = await stageLabels({ database, dataset, views, entities, prefix, sourceOf, signal });
    await recordLabels(database, build, labels);
  }
  const columns = outputColumns(dataset, labels.columns, views);
  const plans = planParts(await foldersOf(database, labels), options.partRows ?? PART_ROWS, dataset.format);
  const found = { labels, views, entities, columns };
  const building: Building = { database, engines, clock, dataset, prefix, ...found, target, signal };
  return { building, plans };
}

type Made = Parts & { readonly building: Building; readonly fingerprint: string };

async function receiptOf(
  { millrace, clock, partRows = PART_ROWS }: BuildOptions,
  { id, token }: Pick<Build<StagedLabels>, 'id' | 'token'>,
  { building, parts, commits, fingerprint }: Made,
): Promise<Receipt> {
  const { dataset, views, entities, columns, labels } = building;
  const facts: ViewFacts[] = [];
  for (const view of views) facts.push(await viewFacts(building, view, { parts, commits }));
  return {
    version: 1,
    millrace,
    build: id,
    token,
    name: dataset.name,
    createdAt: formatInstant(clock.now()),
    fingerprint,
    definition: dataset,
    rows: labels.rows,
    partRows,
    views: facts,
    entities: entities === null ? null : { ...deployedFacts(entities), commit: labels.commit },
    columns: columnsOfParts(columns.map(shown), parts),
    parts: [...parts],
  };
}

function shown({ name, type }: OutputColumn) {
  return { name, type };
}

async function viewFacts({ database }: Building, view: SetView, { parts, commits }: Parts): Promise<ViewFacts> {
  const { as, known, units } = view;
  const { holes, coverage } = await viewHoles(database, view);
  const sum = (of: 'found' | 'inHoles') => parts.reduce((total, { joins }) => total + (joins[as]?.[of] ?? 0), 0);
  return {
    ...deployedFacts(view),
    as,
    entity: known.view.entity,
    publishNumber: coverage?.publishNumber ?? 0,
    commit: commits[as] ?? null,
    range: units === null ? null : intervalText(units),
    covered: (coverage?.covered ?? []).map(intervalText),
    holes: holes.map(({ span, why }) => ({ ...intervalText(span), why })),
    found: sum('found'),
    inHoles: sum('inHoles'),
  };
}

function deployedFacts({ applied: { view, data, meta } }: SetView) {
  return { view: view.name, dataFingerprint: data, metaFingerprint: meta };
}

function intervalText({ start, end }: Interval) {
  return { start: formatInstant(start), end: formatInstant(end) };
}
