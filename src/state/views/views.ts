// The deployed views, and how a definition file changes one.

import { Failure } from '../../core/failure.ts';
import { formatInstant } from '../../core/instant.ts';
import { command, type Message, safe, text, value } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import { dropOtherParts, ensureOfflineTable } from '../../offline/table.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { recordEvent } from '../events.ts';
import { requireDrained } from '../inbox/require-drained.ts';
import { lockCoverage, lockPlanning, lockViewName } from '../locks.ts';
import { forgetBacklog } from '../planning/backlog.ts';
import type { RebuildReason } from '../publishing/rebuild-reasons.ts';
import { beginComplete, changesSnapshots, supersedeForSnapshots } from './complete.ts';
import { type FingerprintedView, withParts } from './fingerprinted.ts';
import { becomesIncremental, beginIncremental, distrustParts, endIncremental } from './parts.ts';
import { PAUSE, type Pause } from './paused.ts';
import { renamedFeature, renameFeature, supersedeRenamed } from './renamed.ts';
import { retypeFeatures } from './retype.ts';
import { correctValueFeatures } from './value-feature.ts';
import { DEFINITION, definitionRow } from './view-columns.ts';
import { changeZeros, fillZeros } from './zeros.ts';

export type { FingerprintedView } from './fingerprinted.ts';

export type AppliedView = {
  readonly id: number;
  readonly view: FeatureView;
  readonly data: string;
  readonly meta: string;
  /** The fingerprint of an edited query that waits for `apply`; null if there is none. */
  readonly edited: string | null;
  readonly pause: Pause | null;
  readonly rebuildReason: RebuildReason | null;
  readonly retired: boolean;
  /** Nothing is stored or covered, so no edit can make rows wrong. */
  readonly isEmpty: boolean;
};

/** What deploying a definition would do, or did. */
export type ViewChange = 'added' | 'changed' | 'edited' | 'returned' | 'unchanged';

const COLUMNS = `
  id, spec as view, data_fingerprint as data, meta_fingerprint as meta, edited_fingerprint as edited,
  ${PAUSE} as pause, rebuild_reason as "rebuildReason", retired_at is not null as retired,
  coalesce((select isempty(c.covered) and c.rows = 0 from millrace.coverage c where c.view_id = v.id), true) as "isEmpty"`;

/** All views, by name. */
export async function appliedViews(database: Database | Session): Promise<AppliedView[]> {
  return database.query<AppliedView>(`select ${COLUMNS} from millrace.view v order by name`);
}

/** The existing views with these ids, by id. */
export async function appliedViewsOf(database: Database | Session, ids: readonly number[]): Promise<AppliedView[]> {
  return database.query<AppliedView>(`select ${COLUMNS} from millrace.view v where id = any($1) order by id`, [ids]);
}

/** The id of a deployed view; null if there is none with this name. */
export async function viewIdOf(database: Database | Session, name: string): Promise<number | null> {
  const [found] = await database.query<{ id: number }>('select id from millrace.view where name = $1', [name]);
  return found?.id ?? null;
}

async function findAppliedView(database: Database | Session, name: string): Promise<AppliedView | undefined> {
  const [found] = await database.query<AppliedView>(`select ${COLUMNS} from millrace.view v where name = $1`, [name]);
  return found;
}

/** The deployed view of a name. @throws Failure NOT_FOUND */
export async function requireAppliedView(database: Database | Session, name: string): Promise<AppliedView> {
  const found = await findAppliedView(database, name);
  if (found !== undefined) return found;
  throw new Failure(
    'NOT_FOUND',
    text`No view named "${safe(name)}" is deployed: check the name with "${command('millrace status')}", or deploy it with "${command('millrace apply')}".`,
    { view: name },
  );
}

/** @throws Failure VIEW_PAUSED if the view is paused: a request must not look as if it were in progress. */
export function requireNotPaused({ view, pause }: AppliedView): void {
  if (pause === null) return;
  const state =
    pause.at === null
      ? 'is paused'
      : `has been paused since ${formatInstant(pause.at).slice(0, 16).replace('T', ' ')} UTC`;
  throw new Failure(
    'VIEW_PAUSED',
    text`${safe(view.name)} ${safe(state)} (${reasonOf(pause)}), so no runs start. Resume it with "${command(`millrace resume ${view.name}`)}".`,
    { view: view.name, pause: pause.kind },
  );
}

function reasonOf(pause: Pause): Message {
  if (pause.kind === 'person') return value(pause.reason);
  return text`its circuit opened when run ${safe(pause.facts.run)} failed with ${safe(pause.facts.code)}`;
}

/** @throws Failure VIEW_CHANGED if an edit waits for its meaning: no runs start until then. */
export function requireNotEdited({ view: { name, partsOf }, edited }: AppliedView): void {
  if (edited === null) return;
  throw new Failure(
    'VIEW_CHANGED',
    text`${safe(name)} was edited, so no runs start until you choose how the edit affects stored rows: run "${command(`millrace apply ${partsOf ?? name}`)}" with --restate, --forward-only or --equivalent.`,
    { view: name },
  );
}

/**
 * How a definition changes the deployed view of its name: pure. An edit changes the query or anything else that affects
 * stored rows; if there are no rows, it is an ordinary change.
 */
export function viewChange(applied: AppliedView | undefined, defined: FingerprintedView): ViewChange {
  if (applied === undefined) return 'added';
  const isSame = applied.data === defined.data;
  if (!isSame && !applied.isEmpty) return 'edited';
  if (applied.retired) return 'returned';
  return isSame && applied.meta === defined.meta && applied.edited === null ? 'unchanged' : 'changed';
}

/**
 * Deploys new views and changes that do not affect rows; a view whose rows would change is marked `edited` and stops
 * until `applyEdit`. The parts of incremental views are deployed with them. Repeating it changes nothing.
 */
export async function deployViewRows(
  database: Database,
  defined: readonly FingerprintedView[],
): Promise<{ name: string; change: ViewChange }[]> {
  const all = withParts(defined);
  const before = await appliedViews(database);
  await correctValueFeatures(database, before);
  const applied = new Map(before.map((one) => [one.view.name, one]));
  const changes = new Map<string, ViewChange>();
  const errors: unknown[] = [];
  const left = all.filter((definition) => {
    const isSame = viewChange(applied.get(definition.view.name), definition) === 'unchanged';
    if (isSame) changes.set(definition.view.name, 'unchanged');
    return !isSame;
  });
  const deployNext = async () => {
    for (let definition = left.shift(); definition !== undefined; definition = left.shift()) {
      const next = definition;
      try {
        changes.set(next.view.name, await database.transaction((session) => deployView(session, next)));
      } catch (error) {
        // One failing view does not block the others.
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, deployNext));
  if (errors.length > 0) throw errors[0];
  return all.map(({ view }) => ({ name: view.name, change: changes.get(view.name) ?? 'unchanged' }));
}

/** Each commit waits for the disk; in parallel they wait less. */
const PARALLEL = 4;

async function deployView(session: Session, defined: FingerprintedView): Promise<ViewChange> {
  await lockViewName(session, defined.view.name);
  const applied = await settledView(session, defined);
  const change = viewChange(applied, defined);
  if (applied?.retired === true && applied.view.partsOf !== undefined) await distrustParts(session, applied);
  if (applied === undefined) await addView(session, defined);
  else if (change === 'edited') {
    await session.run('update millrace.view set edited_fingerprint = $2, retired_at = null where id = $1', [
      applied.id,
      defined.data,
    ]);
  } else if (change !== 'unchanged') {
    await renameFeature(session, applied, defined.view);
    await supersedeRenamed(session, applied, defined.view);
    await writeSpec(session, applied, defined);
    if (applied.data !== defined.data) await startAgain(session, applied, defined);
  }
  return change;
}

/** The deployed view. Waits for a running commit if it matters whether rows are stored, how snapshots are recorded, or what a column is called. */
async function settledView(session: Session, { view, data }: FingerprintedView): Promise<AppliedView | undefined> {
  const applied = await findAppliedView(session, view.name);
  if (applied === undefined) return applied;
  if (supersedesRuns(applied.view, view)) await lockPlanning(session, applied.id);
  const isReplaced = applied.data !== data && applied.isEmpty;
  if (!isReplaced && !changesSnapshots(applied.view, view) && renamedFeature(applied.view, view) === null)
    return applied;
  await lockCoverage(session, applied.id);
  return findAppliedView(session, view.name);
}

/** Whether a definition changes what open runs must store. Its deployment locks the planning of the view. */
export function supersedesRuns(before: FeatureView, after: FeatureView): boolean {
  return becomesIncremental(before, after) || changesSnapshots(before, after) || renamedFeature(before, after) !== null;
}

/** A view without stored rows starts as if it were new. */
async function startAgain(session: Session, applied: AppliedView, { view }: FingerprintedView): Promise<void> {
  await retypeFeatures(session, applied, view);
  await session.run(
    `update millrace.coverage c
        set held = '{}', skipped = '{}', stale = '{}', frontier = millrace.frontier(v)
       from millrace.view v where v.id = $1 and c.view_id = v.id`,
    [applied.id],
  );
  await forgetBacklog(session, applied.id);
}

async function addView(session: Session, { view, data, meta }: FingerprintedView): Promise<void> {
  await ensureOfflineTable(session, view);
  const [added] = await session.query<{ id: number }>(
    `insert into millrace.view (name, ${DEFINITION}, data_fingerprint, meta_fingerprint)
     select name, ${DEFINITION}, $2, $3 from jsonb_populate_record(null::millrace.view, $1::jsonb) returning id`,
    [definitionRow(view), data, meta],
  );
  if (added === undefined) throw new Error('an inserted row was not returned');
  // The time before the first deployment is the view's past: catch_up decides about it.
  await session.run(
    `insert into millrace.coverage (view_id, frontier) select id, millrace.frontier(v) from millrace.view v where id = $1`,
    [added.id],
  );
  await recordEvent(session, { viewId: added.id, kind: 'applied', note: { kind: 'added', facts: {} } });
}

/** Replaces the deployed definition; requests a rebuild if readers would see a difference. @throws Failure as requireDrained */
export async function writeSpec(session: Session, applied: AppliedView, defined: FingerprintedView): Promise<void> {
  await requireDrained(session, applied, defined.view);
  await dropOtherParts(session, applied.view, defined.view);
  await ensureOfflineTable(session, defined.view);
  if (changesSnapshots(applied.view, defined.view)) await supersedeForSnapshots(session, applied.id);
  if (applied.view.complete === undefined && defined.view.complete !== undefined) {
    await beginComplete(session, applied.id);
  }
  if (applied.view.complete?.absent !== defined.view.complete?.absent) {
    await changeZeros(session, applied.id, defined.view);
  }
  await fillZeros(session, applied, defined.view);
  if (becomesIncremental(applied.view, defined.view)) await beginIncremental(session, applied);
  if (becomesIncremental(defined.view, applied.view)) await endIncremental(session, applied);
  await session.run(
    `update millrace.view
        set (${DEFINITION}) = (select ${DEFINITION} from jsonb_populate_record(null::millrace.view, $2::jsonb)),
            data_fingerprint = $3, meta_fingerprint = $4, edited_fingerprint = null, retired_at = null,
            rebuild_reason = case when $5::text is null then rebuild_reason else $5 end
      where id = $1`,
    [applied.id, definitionRow(defined.view), defined.data, defined.meta, rebuildReason(applied.view, defined.view)],
  );
  await recordEvent(session, { viewId: applied.id, kind: 'applied', note: { kind: 'changed', facts: {} } });
}

function rebuildReason(before: FeatureView, after: FeatureView): RebuildReason | null {
  if (after.partsOf !== undefined) return null;
  if (before.ttlMs !== after.ttlMs) return 'ttl';
  const shape = (view: FeatureView) =>
    [
      view.kind,
      view.complete !== undefined,
      view.complete?.absent,
      // The rows of the newest snapshot of a complete view are those of one interval.
      view.complete === undefined ? null : view.unitMs,
      ...view.features.map(({ name, type, nullable }) => `${name}:${type}:${nullable}`),
    ].join();
  return shape(before) === shape(after) ? null : 'features';
}

/** Retires the views without a definition; their rows and coverage stay. Returns their names. */
export async function retireViews(database: Database, defined: readonly string[]): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `update millrace.view set retired_at = millrace.now()
      where retired_at is null and not name = any($1) returning name`,
    [defined],
  );
  return rows.map((row) => row.name).sort();
}
