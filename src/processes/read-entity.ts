// Reads one entity from both stores, for the dashboard.

import type { App } from '../app.ts';
import { Failure } from '../core/failure.ts';
import type { EntityInView, ReadEntity, StoredRow } from '../dashboard/entities/entity-rows.ts';
import type { FeatureView } from '../definition/view.ts';
import { asShownValue, type FeatureRow } from '../offline/feature-row.ts';
import { newestRow } from '../offline/newest-row.ts';
import { rereadIfRenamed } from '../offline/renamed-columns.ts';
import { readRows } from '../online/read.ts';
import type { Database } from '../postgres/database.ts';
import { sameColumns } from '../state/views/value-feature.ts';
import { requireAppliedView } from '../state/views/views.ts';

export function readingEntities({ online }: Pick<App, 'online'>, database: Database): ReadEntity {
  return async (views, entityId) => {
    const rows: EntityInView[] = [];
    for (const known of views) {
      let view = known;
      const renew = async () => {
        ({ view } = await requireAppliedView(database, known.name));
      };
      const read = () => newestRow(database, view, sameColumns(view), entityId);
      const offline = await unlessFailed(() => rereadIfRenamed(read, renew));
      const stored = await unlessFailed(
        async () => (await readRows(online, [{ view, entityId }], asShownValue)).rows[0] ?? null,
      );
      rows.push({ view, offline: shown(view, offline), online: shown(view, stored) });
    }
    return rows;
  };
}

async function unlessFailed<T>(read: () => Promise<T>): Promise<T | Failure> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Without the values of a redacted view. */
function shown<R extends FeatureRow>(
  view: FeatureView,
  row: R | Failure | null,
): (Omit<R, 'values'> & StoredRow) | Failure | null {
  if (row === null || row instanceof Failure) return row;
  return { ...row, values: view.redacted ? null : row.values };
}
