// The rules for a whole run, checked before its rows are stored (docs/architecture/row-check.md): pure.

import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Removal } from '../offline/replacement.ts';
import type { ProfiledLimits } from '../quality/profile.ts';
import { REDACTED } from '../rows/refusal.ts';
import type { Run, RunCounts } from '../state/runs/run.ts';
import type { Snapshots } from '../state/views/snapshot-comparison.ts';

/** What the rules need to know about a run. */
export type RuledRun = Pick<Run, 'id' | 'view' | 'counts'> & {
  readonly options: Pick<Run['options'], 'allowRemovals' | 'replacesRows'>;
};

/** The entities whose stored rows a run removed without a new row for them, and those of its accepted rows. */
export type ReplacedEntities = { readonly missing: number; readonly accepted: number };

/**
 * What a run removed, and how many of its refused rows have no readable key. `replaced` is known where the rows of a snapshot may
 * all be replaced.
 */
export type RemovalBy = Removal & { readonly withoutKey: number; readonly replaced?: ReplacedEntities };

/** A few bad rows never stop a run with good rows, regardless of their share. */
const ROWS_TOLERATED = 10;

/** The first rule that the rows of a run violate, as a failure; null if there is none. */
export function brokenRule(run: RuledRun, profile: ProfiledLimits, duplicates: number): Failure | null {
  return (
    refusedPart(run) ??
    acceptedNone(run) ??
    refusedTooMany(run) ??
    tooFewRows(run) ??
    duplicatesTooMany(run, duplicates) ??
    badFeature(run, profile)
  );
}

/** The first rule that a run violates by what it takes from the stored rows, or leaves of them. */
export function brokenRemovalRule(run: RuledRun, removal: RemovalBy): Failure | null {
  return (
    refusedWithoutKey(run, removal) ??
    keptOutdated(run, removal) ??
    removedTooMany(run, removal) ??
    replacedTooFew(run, removal)
  );
}

/** A share that no run exceeds: a view with `refused_max: 100%` wants every run to pass. */
const ALL = 1;

/** The first rule that a snapshot of a complete view violates by the entities that it lacks. */
export function brokenSnapshotRule(run: RuledRun, found: Snapshots): Failure | null {
  const { before, missing } = found;
  const { missingMax = ALL } = run.view.complete ?? {};
  if (run.options.allowRemovals) return null;
  const retry = command(`millrace retry ${run.id} --allow-removals`);
  if (isSnapshotEmptied(run.view, found)) {
    return new Failure(
      'CHECK_FAILED',
      text`The snapshot of ${safe(run.view.name)} is empty, but the previous one has ${safe(before)} entities. If that is correct, run "${retry}" to remove their values, or set allow_empty: true in the view. Otherwise, fix the source.`,
      { run: run.id, before },
    );
  }
  if (!isSnapshotShort(run.view, found)) return null;
  const share = missing / Math.max(1, before);
  return new Failure(
    'CHECK_FAILED',
    text`The snapshot of ${safe(run.view.name)} is missing ${safe(missing)} of the ${safe(before)} entities in the previous snapshot (${safe(percent(share))}), more than removed_max allows (${safe(percent(missingMax))}): fix the source or, if these entities should lose their values, run "${retry}".`,
    { run: run.id, before, missing },
  );
}

/** Whether a snapshot without entities follows one with some, and neither the view nor an earlier run allows that. */
export function isSnapshotEmptied({ complete }: FeatureView, { entities, before, wasEmpty }: Snapshots): boolean {
  return entities === 0 && before > 0 && !wasEmpty && complete?.allowEmpty !== true;
}

/** Whether a snapshot lacks more entities of the one before it than the view allows. */
export function isSnapshotShort({ complete }: FeatureView, { before, missing }: Snapshots): boolean {
  const { missingMax } = complete ?? {};
  return missingMax !== undefined && missing > ROWS_TOLERATED && missing / Math.max(1, before) > missingMax;
}

/**
 * A part that is left out would make every sum smaller that contains it. Rows without a valid entity, such as broken rows
 * of files, belong to no part.
 */
function refusedPart({ id, view, counts }: RuledRun): Failure | null {
  const refused = Object.entries(counts.refusedBy).filter(([reason]) => !hasNoEntity(reason));
  if (view.partsOf === undefined || refused.length === 0) return null;
  const rows = refused.reduce((sum, [, of]) => sum + of, 0);
  return new Failure(
    'ROWS_REFUSED',
    text`${safe(rows)} partial aggregates of ${safe(view.partsOf)} were refused (${safe(reasonsOf(counts))}). Without them, its values would be wrong. List them with "${command(`millrace quarantine ${view.name}`)}", then fix the source, or exclude such rows with \`where\`.`,
    { run: id, refused: rows },
  );
}

function hasNoEntity(reason: string): boolean {
  return reason.startsWith('entity_id_') || reason === 'row_broken';
}

/** Of parts, without the rows that have no valid entity: they belong to no part, and an interval may have no others. */
function judgedCounts({ view, counts }: RuledRun): Pick<RunCounts, 'read' | 'refused'> {
  if (view.partsOf === undefined) return counts;
  const ofNone = Object.entries(counts.refusedBy).filter(([reason]) => reason.startsWith('entity_id_'));
  const rows = ofNone.reduce((sum, [, refused]) => sum + refused, 0);
  return { read: counts.read - rows, refused: counts.refused - rows };
}

function acceptedNone(run: RuledRun): Failure | null {
  const { id, view, counts } = run;
  if (judgedCounts(run).read === 0) return null;
  if (counts.read === 0 || counts.accepted > 0 || view.refusedMax >= ALL) return null;
  const rows = counts.read === 1 ? 'The only row' : `All ${counts.read} rows`;
  return new Failure(
    'ROWS_REFUSED',
    text`${safe(rows)} of ${safe(view.name)} ${safe(counts.read === 1 ? 'was' : 'were')} refused (${safe(reasonsOf(counts))}): look at ${safe(counts.read === 1 ? 'it' : 'them')} with "${command(`millrace quarantine ${view.name}`)}", then fix the source or the query.`,
    { run: id, read: counts.read, refused: counts.refused },
  );
}

function refusedTooMany(run: RuledRun): Failure | null {
  const { id, view, counts } = run;
  const { read, refused } = judgedCounts(run);
  const share = refused / Math.max(1, read);
  if (refused <= ROWS_TOLERATED || share <= view.refusedMax) return null;
  return new Failure(
    'ROWS_REFUSED',
    text`${safe(refused)} of ${safe(read)} rows of ${safe(view.name)} (${safe(percent(share))}) were refused (${safe(reasonsOf(counts))}), more than refused_max allows (${safe(percent(view.refusedMax))}): look at them with "${command(`millrace quarantine ${view.name}`)}", then fix the query or raise refused_max.`,
    { run: id, read: counts.read, refused: counts.refused },
  );
}

function reasonsOf({ refusedBy }: RunCounts): string {
  return Object.entries(refusedBy)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, rows]) => `${reason} ${rows}`)
    .join(', ');
}

function tooFewRows({ id, view, counts }: RuledRun): Failure | null {
  if (counts.accepted >= view.rowsMin) return null;
  return new Failure(
    'CHECK_FAILED',
    text`The query of ${safe(view.name)} returned ${safe(counts.accepted)} valid rows, fewer than rows_min (${safe(view.rowsMin)}): fix the source or the query, or lower rows_min.`,
    { run: id, accepted: counts.accepted },
  );
}

function duplicatesTooMany({ id, view, counts }: RuledRun, duplicates: number): Failure | null {
  const share = duplicates / Math.max(1, counts.accepted);
  if (view.duplicatesMax === undefined || share <= view.duplicatesMax) return null;
  const lookups = view.declared?.aggregates.flatMap(({ operator, table = '' }) => (operator === 'lookup' ? table : []));
  if (lookups !== undefined && lookups.length > 0) {
    return new Failure(
      'CHECK_FAILED',
      text`A lookup of ${safe(view.name)} found more than one row: ${safe(duplicates)} of ${safe(counts.accepted)} rows have the same entity as another row. Expected one row per entity in ${safe([...new Set(lookups)].join(', '))}: remove the other rows, or look up a database view with one row per entity.`,
      { run: id, accepted: counts.accepted, duplicates },
    );
  }
  return new Failure(
    'CHECK_FAILED',
    text`${safe(duplicates)} of ${safe(counts.accepted)} rows of ${safe(view.name)} (${safe(percent(share))}) have the same entity and time as another row, more than duplicates_max allows (${safe(percent(view.duplicatesMax))}): only one row per entity and time is stored, so make the query return one, or raise duplicates_max.`,
    { run: id, accepted: counts.accepted, duplicates },
  );
}

/** @throws Failure CHECK_FAILED once a run has read more rows than its view allows; the rest need not be read. */
export function requireRowsMax({ id, view }: RuledRun, read: number): void {
  if (view.rowsMax === undefined || read <= view.rowsMax) return;
  throw new Failure(
    'CHECK_FAILED',
    text`Run ${safe(id)} of ${safe(view.name)} read more than ${safe(view.rowsMax)} rows (rows_max) and stopped: check the query, make each run cover less time (with a smaller interval in the view, or a smaller --chunk for the backfill), or raise rows_max.`,
    { run: id, view: view.name },
  );
}

function badFeature({ id, view, counts }: RuledRun, profile: ProfiledLimits): Failure | null {
  for (const feature of view.features) {
    const seen = profile.features[feature.name];
    if (seen === undefined) continue;
    const nullShare = seen.nulls / Math.max(1, counts.accepted);
    const broken = [
      feature.nullsMax !== null && nullShare > feature.nullsMax
        ? text`${safe(percent(nullShare))} of its values are null, more than nulls_max allows (${safe(percent(feature.nullsMax))})`
        : null,
      feature.min !== null && seen.min !== null && Number(seen.min) < feature.min
        ? text`its smallest value is ${shown(view, seen.min)}, below min (${safe(feature.min)})`
        : null,
      feature.max !== null && seen.max !== null && Number(seen.max) > feature.max
        ? text`its largest value is ${shown(view, seen.max)}, above max (${safe(feature.max)})`
        : null,
    ].find((sentence) => sentence !== null);
    if (broken != null) {
      return new Failure(
        'CHECK_FAILED',
        text`Feature ${safe(feature.name)} of ${safe(view.name)} fails its check: ${broken}.`,
        {
          run: id,
        },
      );
    }
  }
  return null;
}

function shown({ redacted }: FeatureView, value: string): string {
  return redacted ? REDACTED : value;
}

/** Refused rows without a key may be the replacements of stored rows that would be removed. */
function refusedWithoutKey(run: RuledRun, { withoutKey: all, removed }: RemovalBy): Failure | null {
  const { id, view, counts, options } = run;
  const { read, refused } = judgedCounts(run);
  const withoutKey = view.partsOf === undefined ? all : all - (counts.refusedBy['entity_id_null'] ?? 0);
  const share = refused / Math.max(1, read);
  if (options.allowRemovals || withoutKey === 0 || removed === 0 || share <= view.refusedMax) return null;
  return new Failure(
    'ROWS_REFUSED',
    text`${safe(refused)} of ${safe(read)} rows of ${safe(view.name)} (${safe(percent(share))}) were refused (${safe(reasonsOf(counts))}). ${safe(withoutKey)} of them have an unreadable entity or time, so they may be new versions of the ${safe(removed)} stored rows that would be removed: fix the source or the query, or, if the rows should be removed, run "${command(`millrace retry ${id} --allow-removals`)}".`,
    { run: id, read, refused, removed },
  );
}

/** A kept row would serve its old value, which is known to be wrong. */
function keptOutdated({ id, view }: RuledRun, { outdated }: RemovalBy): Failure | null {
  if (outdated === 0) return null;
  const [rows, its, was, it] =
    outdated === 1 ? ['1 row', 'its', 'was', 'it'] : [`${outdated} rows`, 'their', 'were', 'them'];
  return new Failure(
    'ROWS_REFUSED',
    text`${safe(rows)} of ${safe(view.name)} ${safe(was)} refused, and ${safe(its)} stored values cannot be kept because the edit to the view invalidated them: look at ${safe(it)} with "${command(`millrace quarantine ${view.name}`)}", then fix the source, or exclude ${safe(it)} in the query.`,
    { run: id, outdated },
  );
}

function removedTooMany(run: RuledRun, { stored, removed }: RemovalBy): Failure | null {
  const share = removed / Math.max(1, stored);
  if (run.options.allowRemovals || isReplacement(run) || removed <= ROWS_TOLERATED || share <= run.view.removedMax)
    return null;
  return new Failure(
    'CHECK_FAILED',
    text`The source of ${safe(run.view.name)} no longer has ${safe(removed)} of the ${safe(stored)} rows stored for this span (${safe(percent(share))}), more than removed_max allows (${safe(percent(run.view.removedMax))}): fix the source, or, if the rows should be removed, run "${command(`millrace retry ${run.id} --allow-removals`)}".`,
    { run: run.id, stored, removed },
  );
}

/** The rows that replace those of a snapshot have other times, but they should be of the same entities. */
function replacedTooFew({ id, view, options }: RuledRun, { replaced }: RemovalBy): Failure | null {
  if (replaced === undefined || options.allowRemovals) return null;
  const { missing, accepted } = replaced;
  const share = missing / Math.max(1, missing + accepted);
  if (missing <= ROWS_TOLERATED || share <= view.removedMax) return null;
  return new Failure(
    'CHECK_FAILED',
    text`The source of ${safe(view.name)} no longer has ${safe(missing)} of the ${safe(missing + accepted)} entities of this span (${safe(percent(share))}), more than removed_max allows (${safe(percent(view.removedMax))}): fix the source, or, if their rows should be removed, run "${command(`millrace retry ${id} --allow-removals`)}".`,
    { run: id, missing, accepted },
  );
}

/**
 * Whether a run replaces the rows of a snapshot after an edit of the kind or the interval. Entities may leave a complete snapshot,
 * which has another rule.
 */
export function replacesSnapshot({ view, options }: RuledRun): boolean {
  const { kind, partsOf, complete } = view;
  return options.replacesRows === true && kind === 'snapshot' && partsOf === undefined && complete === undefined;
}

/** Without any rows, the source may have lost its history. */
function isReplacement({ options, counts }: RuledRun): boolean {
  return options.replacesRows === true && counts.accepted > 0;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(share > 0 && share < 0.001 ? 4 : 2))}%`;
}
