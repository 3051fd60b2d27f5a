// The first rows of a training set, without building it.

import { epochMicrosOf } from '../core/instant.ts';
import type { Dataset } from '../definition/dataset.ts';
import { keyColumns } from '../definition/entity.ts';
import type { FeatureValue } from '../feature-types/index.ts';
import { parseMicros } from '../feature-types/iso-time.ts';
import { isoTextSql } from '../feature-types/timestamp.ts';
import type { Database } from '../postgres/database.ts';
import type { RowBatch } from '../rows/batch.ts';
import type { Source } from '../sources/source.ts';
import { type Asked, knownAt, LABELS_PER_QUERY } from './known-rows.ts';
import { labelColumns, TIMESTAMP } from './labels/label-columns.ts';
import { keyRoles } from './labels/label-key.ts';
import { labelLines } from './labels/label-rows.ts';
import { openLabels, spanOf } from './labels/read-labels.ts';
import { stepKeysSql, stepsSql, stepsView } from './labels/staged-labels.ts';
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
  const at = labels.columns.indexOf(TIMESTAMP);
  const entities = [...keyRoles(views, labels.columns).keys()].map(
    (name) => [name, labels.columns.indexOf(name)] as const,
  );
  const asked = labels.rows.map(
    (row): Asked => ({
      entityIds: Object.fromEntries(entities.map(([name, index]) => [name, row[index] ?? ''])),
      at: epochMicrosOf(Number(parseMicros(row[at] ?? ''))),
    }),
  );
  const found = await knownAt(database, dataset, asked, signal);
  const columnsOf = views.flatMap(({ as, features }) => [
    ...features.map(({ name }) => ({ as, name, title: `${as}__${name}` })),
    { as, name: null, title: `${as}__event_timestamp` },
  ]);
  return {
    columns: [...labels.columns, ...columnsOf.map(({ title }) => title)],
    rows: labels.rows.map((row, index) => [
      ...row,
      ...columnsOf.map(({ as, name }) => {
        const known = found[index]?.rows[as] ?? null;
        if (known === null) return null;
        return name === null ? new Date(known.eventTime / 1_000).toISOString() : (known.values[name] ?? null);
      }),
    ]),
  };
}

type Labels = { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] };

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
    return { columns: [...keyColumns(known.view), TIMESTAMP], rows: found.map(({ key, at }) => [...key, at]) };
  }
  await using reading = await openLabels(dataset, labels, sourceOf(labels.source), signal);
  const columns = labelColumns(dataset, views, reading.columns);
  // Only to refuse what a build refuses.
  const check = labelLines(dataset.name, columns, spanOf(dataset));
  const found: (string | null)[][] = [];
  for await (const batch of reading.rows()) {
    check(batch);
    found.push(...rowsOf(batch, limit - found.length));
    if (found.length >= limit) break;
  }
  return { columns: columns.map(({ name }) => name), rows: found };
}

function rowsOf({ rows, columns }: RowBatch, most: number): (string | null)[][] {
  return Array.from({ length: Math.min(rows, most) }, (_, row) => columns.map((texts) => texts[row] ?? null));
}
