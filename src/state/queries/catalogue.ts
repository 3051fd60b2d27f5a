// The deployed views for the catalogue and the lineage. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { FeatureView } from '../../definition/view.ts';
import { offlineTable } from '../../offline/table.ts';
import type { Database } from '../../postgres/database.ts';
import { MS } from './run-overview.ts';

export type CatalogueView = {
  readonly view: FeatureView;
  /** Its offline table, as SQL. */
  readonly table: string;
  /** When its newest run committed; null if none has. */
  readonly committedAt: EpochMs | null;
};

/** The views that are deployed and not retired, by name. */
export async function catalogueViews(database: Database): Promise<CatalogueView[]> {
  const rows = await database.query<Omit<CatalogueView, 'table'>>(
    `select v.spec as view, last.at as "committedAt"
       from millrace.view v
       left join lateral (
         select ${MS('committed_at')} as at from millrace.run
          where view_id = v.id and committed_at is not null order by id desc limit 1) last on true
      where v.retired_at is null and v.parts_of is null order by v.name`,
  );
  return rows.map((row) => ({ ...row, table: offlineTable(row.view) }));
}

export type DatasetViews = { readonly name: string; readonly views: readonly string[] };

/** The training sets that were built, with the views of their newest build, by name. */
export async function datasetViews(database: Database): Promise<DatasetViews[]> {
  return database.query<DatasetViews>(
    `select distinct on (name) name,
            to_json(array(
              select distinct part->>'view' from jsonb_array_elements(receipt->'views') part order by 1)) as views
       from millrace.dataset_build where receipt is not null order by name, id desc`,
  );
}
