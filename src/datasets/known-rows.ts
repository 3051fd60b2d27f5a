// Features of a few labels at a time, without staging: for programs that stream labels, and with an account that only reads.

import { type EpochMicros, epochMsOf } from '../core/instant.ts';
import { interval } from '../core/interval.ts';
import type { Dataset, DatasetView } from '../definition/dataset.ts';
import type { EntityKey } from '../definition/entity.ts';
import { entryOf } from '../feature-types/index.ts';
import { asFeatureValue, type FeatureRow, microsSql, rowOfTexts } from '../offline/feature-row.ts';
import { columnsRenamed, rereadIfRenamed } from '../offline/renamed-columns.ts';
import { idParameter } from '../offline/storable.ts';
import { offlineTable } from '../offline/table.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { sameColumns } from '../state/views/value-feature.ts';
import { holeSpans } from './holes.ts';
import { joinSql } from './join.ts';
import { entityIn } from './labels/label-key.ts';
import { requireCoverage, type SetView, setView, viewHoles } from './set-views.ts';

/** Labels that are joined by one statement per view. */
export const LABELS_PER_QUERY = 2_000;

/** A label as the join sees it: the entity of each view, and the moment. */
export type Asked = { readonly entityIds: Readonly<Record<string, EntityKey>>; readonly at: EpochMicros };

/** What was known at a label: the row of each view, by what the view is called in the set. */
export type Known = {
  readonly rows: Readonly<Record<string, FeatureRow | null>>;
  /** The views of which a hole may hold a newer row: their rows are null. */
  readonly inHoles: readonly string[];
};

export type KnownOptions = Pick<Dataset, 'name' | 'delayMs' | 'coverage'> & { readonly views: readonly DatasetView[] };

/**
 * What was known at each of at most LABELS_PER_QUERY labels, in their order, all in one snapshot.
 *
 * @throws Failure OFFLINE_UNAVAILABLE, NOT_FOUND, or CHECK_FAILED for a hole in coverage
 */
export async function knownAt(
  database: Database,
  options: KnownOptions,
  labels: readonly Asked[],
  signal?: AbortSignal,
): Promise<Known[]> {
  if (labels.length === 0) return [];
  return rereadIfRenamed(() => knownInSnapshot(database, options, labels, signal));
}

async function knownInSnapshot(
  database: Database,
  options: KnownOptions,
  labels: readonly Asked[],
  signal: AbortSignal | undefined,
): Promise<Known[]> {
  if (options.views.length === 0) return labels.map(() => ({ rows: {}, inHoles: [] }));
  const span = spanOf(labels);
  const views: SetView[] = [];
  for (const view of options.views) views.push(await setView(database, view, { ...options, span }));
  return database.session(async (session) => {
    await beginKnown(session, views);
    const found: ViewRows[] = [];
    for (const view of views) found.push(await viewRows(session, options, view, labels));
    await session.run('commit');
    return labels.map((_, index) => ({
      rows: Object.fromEntries(views.map(({ as }, place) => [as, found[place]?.[index]?.row ?? null])),
      inHoles: views.flatMap(({ as }, place) => (found[place]?.[index]?.inHole === true ? [as] : [])),
    }));
  }, signal);
}

/**
 * Begins a snapshot of the views. It waits for edits that alter their tables: of a rewritten table, an older snapshot would find no rows.
 *
 * @throws Failure as columnsRenamed
 */
async function beginKnown(session: Session, views: readonly SetView[]): Promise<void> {
  const tables = views.map(({ known }) => offlineTable(known.view));
  const same = views.map(({ known }) => sameColumns(known.view));
  const [row] = await session.query<{ same: readonly (boolean | null)[] }>(
    `begin isolation level repeatable read, read only; set local jit = off;
     lock table ${tables.join(', ')} in access share mode;
     select to_json(array[${same.join(', ')}]) as same`,
  );
  const renamed = views.find((_, place) => row?.same[place] !== true);
  if (renamed !== undefined) throw columnsRenamed(renamed.known.view.name);
}

/** In whole milliseconds around all labels. */
function spanOf(labels: readonly Asked[]) {
  const moments = labels.map(({ at }) => at / 1_000);
  const start = Math.floor(moments.reduce((least, at) => Math.min(least, at)));
  const end = Math.floor(moments.reduce((most, at) => Math.max(most, at))) + 1;
  return interval(epochMsOf(start), epochMsOf(end));
}

type ViewRows = readonly { readonly row: FeatureRow | null; readonly inHole: boolean }[];

async function viewRows(
  session: Session,
  options: KnownOptions,
  view: SetView,
  labels: readonly Asked[],
): Promise<ViewRows> {
  const { holes } = await viewHoles(session, view);
  requireCoverage(options, view, holes);
  const join = joinSql({
    known: view.known,
    features: view.features.map(({ name }) => name),
    labels: `select place as label_id, id collate "C" as entity, timestamptz 'epoch' + micros * interval '1 microsecond' as at
               from unnest($1::text[], $2::bigint[]) with ordinality label (id, micros, place)`,
    holes: holeSpans(holes),
    way: 'lookup',
  });
  const texts = view.features.map(({ type }, index) => entryOf(type).textSql(`f${index}`));
  const rows = await session.query<{ micros: string | null; texts: (string | null)[]; inHole: boolean }>(
    `select ${microsSql('event_timestamp')}::text as micros, to_json(array[${texts.join(', ')}]::text[]) as texts,
            in_hole as "inHole" from (${join}) joined order by label_id`,
    [labels.map(({ entityIds }) => idParameter(entityIn(view, entityIds))), labels.map(({ at }) => at)],
  );
  return rows.map((row) => ({
    row: rowOfTexts(view.features, row.micros, row.texts, asFeatureValue),
    inHole: row.inHole,
  }));
}
