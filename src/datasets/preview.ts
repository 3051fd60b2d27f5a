// The first rows of a training set, without building it.

import { epochMicrosOf } from '../core/instant.ts';
import type { Dataset } from '../definition/dataset.ts';
import type { FeatureValue } from '../feature-types/index.ts';
import { parseMicros } from '../feature-types/iso-time.ts';
import { isoTextSql } from '../feature-types/timestamp.ts';
import type { FeatureRow } from '../offline/feature-row.ts';
import { type AcceptedRow, acceptedIn } from '../offline/given-rows.ts';
import type { Database } from '../postgres/database.ts';
import type { Source } from '../sources/source.ts';
import { type Asked, knownAt, LABELS_PER_QUERY } from './known-rows.ts';
import { type LabelColumn, labelColumns, TIMESTAMP } from './labels/label-columns.ts';
import { keyRoles } from './labels/label-key.ts';
import { labelLines } from './labels/label-rows.ts';
import { openLabels, spanOf } from './labels/read-labels.ts';
import { ownSplitSql } from './labels/split.ts';
import { stepColumns, stepKeysSql, stepsSql, stepsView } from './labels/staged-labels.ts';
import { outputColumns } from './output-columns.ts';
import { requireSetViews, type SetView } from './set-views.ts';

export type PreviewOptions = {
  readonly database: Database;
  readonly dataset: Dataset;
  sourceOf(name: string): Source;
  /** At most LABELS_PER_QUERY. */
  readonly rows: number;
  readonly signal: AbortSignal;
};

export type Preview = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly FeatureValue[])[];
};

/** The first labels as their source yields them, joined as a build joins them. @throws Failure as `buildDataset` does */
export async function previewDataset(options: PreviewOptions): Promise<Preview> {
  const { database, dataset, signal } = options;
  const views = await requireSetViews(database, dataset);
  const labels = await firstLabels(options, views);
  const columns = outputColumns(dataset, labels.columns, views);
  const found = await knownAt(database, dataset, askedOf(views, labels), signal);
  const splits = await splitsOf(database, dataset, labels);
  return {
    columns: columns.map(({ name }) => name),
    rows: labels.rows.map((row, index) =>
      columns.map(({ of }, place) => {
        if (of === null) return (place < row.length ? row[place] : splits[index]) ?? null;
        return valueIn(found[index]?.rows[of.view] ?? null, of.feature);
      }),
    ),
  };
}

function valueIn(row: FeatureRow | null, feature: string | null): FeatureValue {
  if (row === null) return null;
  return feature === null ? new Date(row.eventTime / 1_000).toISOString() : (row.values[feature] ?? null);
}

/** Rows as a build stages them, so that 17.0 is the entity 17. */
type Labels = { readonly columns: readonly LabelColumn[]; readonly rows: readonly AcceptedRow[] };

function askedOf(views: readonly SetView[], { columns, rows }: Labels): Asked[] {
  const names = columns.map(({ name }) => name);
  const at = names.indexOf(TIMESTAMP);
  const entities = [...keyRoles(views, names).keys()].map((name) => [name, names.indexOf(name)] as const);
  return rows.map((row) => ({
    entityIds: Object.fromEntries(entities.map(([name, index]) => [name, row[index] ?? ''])),
    at: epochMicrosOf(Number(parseMicros(row[at] ?? ''))),
  }));
}

/** The subset of each label; null if that depends on labels that are not read. */
async function splitsOf(
  database: Database,
  { split }: Dataset,
  { columns, rows }: Labels,
): Promise<readonly (string | null)[]> {
  if (split === null) return [];
  const texts = columns.map((_, index) => rows.map((row) => row[index] ?? null));
  const found = await database.query<{ split: string | null }>(
    `select ${ownSplitSql(split, columns)} as split
       from unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')}) with ordinality
              as label (${columns.map((_, index) => `c${index}`).join(', ')}, place) order by place`,
    texts,
  );
  return found.map((row) => row.split);
}

async function firstLabels(
  { database, dataset, sourceOf, rows, signal }: PreviewOptions,
  views: readonly SetView[],
): Promise<Labels> {
  const limit = Math.min(rows, LABELS_PER_QUERY);
  const { labels } = dataset;
  if (labels.kind === 'steps') {
    const known = await stepsView(database, dataset);
    const found = await database.query<{ key: string[]; at: string }>(
      `select to_json(array[${stepKeysSql(known).join(', ')}]) as key, ${isoTextSql('step')} as at from (${stepsSql(dataset, known)}) steps order by step, entity_id limit ${limit}`,
    );
    return { columns: stepColumns(dataset, known, views), rows: found.map(({ key, at }) => [...key, at]) };
  }
  await using reading = await openLabels(dataset, labels, sourceOf(labels.source), signal);
  const columns = labelColumns(dataset, views, reading.columns);
  const linesOf = labelLines(dataset.name, columns, spanOf(dataset));
  const found: AcceptedRow[] = [];
  for await (const batch of reading.rows()) {
    found.push(...acceptedIn(linesOf(batch)).slice(0, limit - found.length));
    if (found.length >= limit) break;
  }
  return { columns, rows: found };
}
