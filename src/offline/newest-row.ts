// The newest offline row of one entity, with the run that wrote it.

import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Database, identifier } from '../postgres/database.ts';
import { asShownValue, type FeatureRow, microsSql, rowOfTexts } from './feature-row.ts';
import { columnsRenamed, type SameColumns, STORED } from './renamed-columns.ts';
import { offlineTable } from './table.ts';

export type WrittenRow = FeatureRow & { readonly run: number };

/** Null if the entity has no row; a row past its ttl is returned. @throws Failure OFFLINE_UNAVAILABLE or OFFLINE_DENIED, or as columnsRenamed */
export async function newestRow(
  database: Database,
  view: FeatureView,
  sameColumns: SameColumns,
  entityId: string,
): Promise<WrittenRow | null> {
  const values = view.features.map(({ name, type }) => entryOf(type).textSql(identifier(name)));
  const [found] = await database.query<{ micros: string; texts: (string | null)[]; run: number; same: boolean | null }>(
    `select ${microsSql('event_timestamp')}::text as micros, to_json(array[${values.join(', ')}]::text[]) as texts, run_id as run,
            ${sameColumns ?? 'true'} as same
       from ${offlineTable(view)} ${STORED} where entity_id = $1 collate "C" order by event_timestamp desc limit 1`,
    [entityId],
  );
  if (found !== undefined && found.same !== true) throw columnsRenamed(view.name);
  const row = found === undefined ? null : rowOfTexts(view.features, found.micros, found.texts, asShownValue);
  return row === null || found === undefined ? null : { ...row, run: found.run };
}
