// A feature that is read from the same column under another name keeps its stored values: `value` of a view without `features`
// is stored under the name of the view, and under its own name if the view lists it.

import type { FeatureView } from '../../definition/view.ts';
import { offlineColumns, offlineTable } from '../../offline/table.ts';
import { identifier } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { supersedeRuns } from '../runs/change.ts';

export type Renamed = { readonly from: string; readonly to: string };

type Features = Pick<FeatureView, 'features'>;

/** The feature whose name changes while its column stays; null if there is none. */
export function renamedFeature(before: Features, after: Features): Renamed | null {
  const names = new Map(before.features.map(({ name, column }) => [column, name]));
  for (const { name: to, column } of after.features) {
    const from = names.get(column);
    if (from !== undefined && from !== to) return { from, to };
  }
  return null;
}

/** No feature has a dot in its name. */
const ASIDE = 'renamed.aside';

type Before = { readonly id: number; readonly view: Features };

/**
 * Renames the stored column of such a feature, once for each edit. Under the planning and the coverage lock; `supersedeRenamed`
 * follows.
 */
export async function renameFeature(session: Session, { view: before }: Before, view: FeatureView): Promise<void> {
  const renamed = renamedFeature(before, view);
  if (renamed === null) return;
  const { from, to } = renamed;
  const stored = await offlineColumns(session, view);
  const rename = (one: string, other: string) =>
    session.run(`alter table ${offlineTable(view)} rename column ${identifier(one)} to ${identifier(other)}`);
  if (!stored.has(to)) return void (await rename(from, to));
  // The column of an earlier feature, which is not dropped.
  await rename(to, ASIDE);
  await rename(from, to);
  await rename(ASIDE, from);
}

/**
 * Supersedes the open runs of the view, which store the values under the old name. Only after the table has been altered: that waits
 * for all its readers, and no worker can renew the lease of a run that is locked meanwhile.
 */
export async function supersedeRenamed(
  session: Session,
  { id, view: before }: Before,
  view: FeatureView,
): Promise<void> {
  if (renamedFeature(before, view) === null) return;
  await supersedeRuns(session, { where: 'r.view_id = $1', values: [id] });
}
