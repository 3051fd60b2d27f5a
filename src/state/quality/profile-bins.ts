// The bins of a view's histograms, for the query that a run was planned for.

import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import type { Session } from '../../postgres/session.ts';
import type { Bins, StoredBins } from '../../quality/bins.ts';
import type { Run } from '../runs/run.ts';

type BinsRow = { readonly feature: string; readonly id: number; readonly bins: Bins };

/** Feature → its bins. */
export async function binsOfRun(database: Database, run: Run): Promise<Map<string, StoredBins>> {
  const rows = await database.query<BinsRow>(
    prepared(`select b.feature, b.id, b.bins from millrace.run r
       join millrace.profile_bins b on b.view_id = r.view_id and b.fingerprint = r.fingerprint
      where r.id = $1`),
    [run.id],
  );
  return new Map(rows.map(({ feature, id, bins }) => [feature, { ...bins, id }]));
}

/** Feature → its bins, for a query that may have had no run. */
export async function binsOfQuery(
  session: Session,
  viewId: number,
  fingerprint: string,
): Promise<Map<string, StoredBins>> {
  const rows = await session.query<BinsRow>(
    'select feature, id, bins from millrace.profile_bins where view_id = $1 and fingerprint = $2',
    [viewId, fingerprint],
  );
  return new Map(rows.map(({ feature, id, bins }) => [feature, { ...bins, id }]));
}

/** Stores bins where there are none, and returns all. Bins that another run has stored first stay. */
export async function storeBins(
  database: Database,
  run: Run,
  chosen: ReadonlyMap<string, Bins>,
): Promise<Map<string, StoredBins>> {
  const rows = [...chosen].map(([feature, bins]) => ({ feature, bins }));
  await database.run(
    prepared(`insert into millrace.profile_bins (view_id, feature, fingerprint, bins)
     select r.view_id, c.feature, r.fingerprint, c.bins
       from millrace.run r, jsonb_to_recordset($2) as c (feature text, bins jsonb) where r.id = $1
     on conflict (view_id, fingerprint, feature) do nothing`),
    [run.id, JSON.stringify(rows)],
  );
  return binsOfRun(database, run);
}

/** Deletes the bins that came from a run which may not be stored, unless another run that may be has used them. */
export async function dropUnusedBins(database: Database, run: Run): Promise<void> {
  await database.run(
    `delete from millrace.profile_bins b using millrace.run r
      where r.id = $1 and b.view_id = r.view_id and b.fingerprint = r.fingerprint and not exists (
        select from millrace.run o
         where o.view_id = r.view_id and o.fingerprint = r.fingerprint and o.id <> r.id
           and (o.committed_at is not null or o.closed_at is null)
           and o.profile->'features'->b.feature->'histogram'->>'bins' = b.id::text)`,
    [run.id],
  );
}
