// The views that are applied, and how a definition on disk becomes one.

import { Failure } from '../../core/failure.ts';
import { formatInstant } from '../../core/instant.ts';
import { command, type Message, safe, text, value } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import { ensureOfflineTable } from '../../offline/table.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { recordEvent } from '../events.ts';
import { lockCoverage, lockViewName } from '../locks.ts';
import { forgetBacklog } from '../planning/backlog.ts';
import type { RebuildReason } from '../publishing/rebuild-reasons.ts';
import { PAUSE, type Pause } from './paused.ts';
import { retypeFeatures } from './retype.ts';
import { DEFINITION, definitionRow } from './view-columns.ts';

/** A definition with its two fingerprints, and the one whose change needs an online rebuild. */
export type FingerprintedView = {
  readonly view: FeatureView;
  readonly data: string;
  readonly meta: string;
  readonly rebuild: string;
};

export type AppliedView = {
  readonly id: number;
  readonly view: FeatureView;
  readonly data: string;
  readonly meta: string;
  /** The fingerprint of an edited query that waits for `apply`; null where there is none. */
  readonly edited: string | null;
  readonly pause: Pause | null;
  readonly rebuildReason: RebuildReason | null;
  readonly retired: boolean;
  /** Nothing of it is stored or covered: no edit can make anything wrong. */
  readonly isEmpty: boolean;
};

/** What taking a definition over would do, or did. */
export type ViewChange = 'added' | 'changed' | 'edited' | 'returned' | 'unchanged';

const COLUMNS = `
  id, spec as view, data_fingerprint as data, meta_fingerprint as meta, edited_fingerprint as edited,
  ${PAUSE} as pause, rebuild_reason as "rebuildReason", retired_at is not null as retired,
  coalesce((select isempty(c.covered) and c.rows = 0 from millrace.coverage c where c.view_id = v.id), true) as "isEmpty"`;

/** Every view that was ever applied, by name. */
export async function appliedViews(database: Database | Session): Promise<AppliedView[]> {
  return database.query<AppliedView>(`select ${COLUMNS} from millrace.view v order by name`);
}

/** The applied views of the ids that there are, by id. */
export async function appliedViewsOf(database: Database | Session, ids: readonly number[]): Promise<AppliedView[]> {
  return database.query<AppliedView>(`select ${COLUMNS} from millrace.view v where id = any($1) order by id`, [ids]);
}

async function findAppliedView(database: Database | Session, name: string): Promise<AppliedView | undefined> {
  const [found] = await database.query<AppliedView>(`select ${COLUMNS} from millrace.view v where name = $1`, [name]);
  return found;
}

/** The applied view of a name. @throws Failure NOT_FOUND */
export async function requireAppliedView(database: Database | Session, name: string): Promise<AppliedView> {
  const found = await findAppliedView(database, name);
  if (found !== undefined) return found;
  throw new Failure(
    'NOT_FOUND',
    text`No view named "${safe(name)}" has been applied: check its name with "${command('millrace status')}", or apply it with "${command('millrace apply')}".`,
    { view: name },
  );
}

/** @throws Failure VIEW_PAUSED where the view rests: what a person asks for must not look as if it were under way. */
export function requireNotPaused({ view, pause }: AppliedView): void {
  if (pause === null) return;
  const since = pause.at === null ? '' : ` since ${formatInstant(pause.at).slice(0, 16).replace('T', ' ')} UTC`;
  throw new Failure(
    'VIEW_PAUSED',
    text`${safe(view.name)} is paused${safe(since)} (${reasonOf(pause)}), and nothing of it runs: let it go on with "${command(`millrace resume ${view.name}`)}".`,
    { view: view.name, pause: pause.kind },
  );
}

function reasonOf(pause: Pause): Message {
  if (pause.kind === 'person') return value(pause.reason);
  return text`its circuit opened when run ${safe(pause.facts.run)} failed with ${safe(pause.facts.code)}`;
}

/** @throws Failure VIEW_CHANGED where an edit waits for its meaning: nothing of the view runs until it has one. */
export function requireNotEdited({ view: { name }, edited }: AppliedView): void {
  if (edited === null) return;
  throw new Failure(
    'VIEW_CHANGED',
    text`${safe(name)} was edited, and is not run until you say what that means for its stored rows: "${command(`millrace apply ${name}`)}" with --restate, --forward-only or --equivalent.`,
    { view: name },
  );
}

/**
 * What a definition means for the view of its name: pure. An edit is of the query or of anything else that changes rows,
 * where there are any: else it is a change like others.
 */
export function viewChange(applied: AppliedView | undefined, defined: FingerprintedView): ViewChange {
  if (applied === undefined) return 'added';
  const isSame = applied.data === defined.data;
  if (!isSame && !applied.isEmpty) return 'edited';
  if (applied.retired) return 'returned';
  return isSame && applied.meta === defined.meta && applied.edited === null ? 'unchanged' : 'changed';
}

/**
 * Takes over new views and changes that leave rows as they are; a view whose rows would change is marked `edited` and
 * stops until `applyEdit`. Doing it again changes nothing.
 */
export async function deployViewRows(
  database: Database,
  defined: readonly FingerprintedView[],
): Promise<{ name: string; change: ViewChange }[]> {
  const applied = new Map((await appliedViews(database)).map((one) => [one.view.name, one]));
  const changes = new Map<string, ViewChange>();
  const errors: unknown[] = [];
  const left = defined.filter((definition) => {
    const isSame = viewChange(applied.get(definition.view.name), definition) === 'unchanged';
    if (isSame) changes.set(definition.view.name, 'unchanged');
    return !isSame;
  });
  const takeOverNext = async () => {
    for (let definition = left.shift(); definition !== undefined; definition = left.shift()) {
      const next = definition;
      try {
        changes.set(next.view.name, await database.transaction((session) => deployView(session, next)));
      } catch (error) {
        // One view that cannot be taken over does not keep the others from it.
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeOverNext));
  if (errors.length > 0) throw errors[0];
  return defined.map(({ view }) => ({ name: view.name, change: changes.get(view.name) ?? 'unchanged' }));
}

/** Each waits for the disk to have its commit: together they wait less. */
const AT_ONCE = 4;

async function deployView(session: Session, defined: FingerprintedView): Promise<ViewChange> {
  await lockViewName(session, defined.view.name);
  const applied = await settledView(session, defined);
  const change = viewChange(applied, defined);
  if (applied === undefined) await addView(session, defined);
  else if (change === 'edited') {
    await session.run('update millrace.view set edited_fingerprint = $2, retired_at = null where id = $1', [
      applied.id,
      defined.data,
    ]);
  } else if (change !== 'unchanged') {
    await writeSpec(session, applied, defined);
    if (applied.data !== defined.data) await beginAnew(session, applied, defined);
  }
  return change;
}

/** The view as it is applied. Where it matters whether anything is stored, no commit is storing its first rows meanwhile. */
async function settledView(session: Session, { view, data }: FingerprintedView): Promise<AppliedView | undefined> {
  const applied = await findAppliedView(session, view.name);
  if (applied === undefined || applied.data === data || !applied.isEmpty) return applied;
  await lockCoverage(session, applied.id);
  return findAppliedView(session, view.name);
}

/** A view of which nothing is stored is as if it were added now. */
async function beginAnew(session: Session, applied: AppliedView, { view }: FingerprintedView): Promise<void> {
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
  // The time before a view was applied is its past: catch_up decides about it.
  await session.run(
    `insert into millrace.coverage (view_id, frontier) select id, millrace.frontier(v) from millrace.view v where id = $1`,
    [added.id],
  );
  await recordEvent(session, { viewId: added.id, kind: 'applied', note: { kind: 'added', facts: {} } });
}

/** Writes a definition over the applied one of its name; asks for a rebuild where readers would see a difference. */
export async function writeSpec(session: Session, applied: AppliedView, defined: FingerprintedView): Promise<void> {
  await ensureOfflineTable(session, defined.view);
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
  if (before.ttlMs !== after.ttlMs) return 'ttl';
  const shape = (view: FeatureView) =>
    [view.kind, ...view.features.map(({ name, type, nullable }) => `${name}:${type}:${nullable}`)].join();
  return shape(before) === shape(after) ? null : 'features';
}

/** Marks the views that no definition has any more as retired; their rows and coverage stay. Returns their names. */
export async function retireViews(database: Database, defined: readonly string[]): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `update millrace.view set retired_at = millrace.now()
      where retired_at is null and not name = any($1) returning name`,
    [defined],
  );
  return rows.map((row) => row.name).sort();
}
