// Makes a training set again, from its receipt, and compares: the store gives the same set as long as it is the same.

import { join } from 'node:path';
import type { Interval } from '../core/interval.ts';
import type { Database } from '../postgres/database.ts';
import type { Spool } from '../sources/storage/spool.ts';
import { isHistoryWhole } from '../state/datasets/view-facts.ts';
import { type BuildOptions, buildDataset } from './build.ts';
import { changesFor } from './changes.ts';
import { spanOf } from './labels/read-labels.ts';
import type { Receipt, ViewFacts } from './receipt.ts';
import { entitiesView, type SetView, setView } from './set-views.ts';
import { localTarget } from './targets/local-target.ts';

/** Why the store may give another set now. `unknown`: changes since then may have been deleted from the history. */
export type StoreChange = { readonly view: string; readonly change: 'redeployed' | 'rows' | 'unknown' };

/** What has changed since a set was built, view by view; nothing where the set can be made again as it is. */
export async function storeChanges(database: Database, receipt: Receipt): Promise<StoreChange[]> {
  const { definition: dataset } = receipt;
  const span = spanOf(dataset);
  const changes: StoreChange[] = [];
  for (const asked of dataset.views) {
    const view = await setView(database, asked, { ...dataset, span });
    const before = receipt.views.find(({ as }) => as === asked.as);
    changes.push(...(await changesOf(database, receipt, { view, name: asked.as, before, span })));
  }
  const entities = await entitiesView(database, dataset);
  if (entities === null) return changes;
  const { name } = entities.known.view;
  const before = receipt.entities ?? undefined;
  const found = await changesOf(database, receipt, { view: entities, name, before, span });
  const isNew = (one: StoreChange) => !changes.some(({ view, change }) => view === one.view && change === one.change);
  return [...changes, ...found.filter(isNew)];
}

type Compared = {
  readonly view: SetView;
  readonly name: string;
  readonly before: Pick<ViewFacts, 'dataFingerprint' | 'metaFingerprint' | 'commit'> | undefined;
  readonly span: Interval;
};

async function changesOf(
  database: Database,
  { createdAt }: Receipt,
  { view, name, before, span }: Compared,
): Promise<StoreChange[]> {
  const { id, data, meta } = view.applied;
  const isSame = before?.dataFingerprint === data && before.metaFingerprint === meta;
  const redeployed: readonly StoreChange[] = isSame ? [] : [{ view: name, change: 'redeployed' }];
  const rows = await changesFor(database, view, span, before?.commit ?? null);
  if (rows.length > 0) return [...redeployed, { view: name, change: 'rows' }];
  if (await isHistoryWhole(database, id, createdAt)) return [...redeployed];
  return [...redeployed, { view: name, change: 'unknown' }];
}

export type Difference =
  | { readonly what: 'rows'; readonly expected: number; readonly found: number }
  /** Another release of DuckDB computes other digests: columns cannot be compared. */
  | { readonly what: 'engine'; readonly expected: string; readonly found: string }
  /** A column that one of them lacks has no digest there. */
  | {
      readonly what: 'column';
      readonly column: string;
      readonly expected: string | null;
      readonly found: string | null;
    };

export type RebuildOptions = Omit<BuildOptions, 'dataset' | 'target' | 'partRows'> & { readonly spool: Spool };

/** Builds the set of a receipt in a folder that is gone afterwards; how it differs from the receipt. */
export async function rebuildSet({ spool, ...options }: RebuildOptions, receipt: Receipt): Promise<Difference[]> {
  await using folder = await spool.reserve(0, options.signal);
  await using target = localTarget(join(folder.path, 'set'));
  const { definition: dataset } = receipt;
  const rebuilt = await buildDataset({ ...options, dataset, target, partRows: receipt.partRows });
  return differences(receipt, rebuilt);
}

/** Pure. Columns are compared by their digests: another release may write other bytes for the same values. */
export function differences(before: Receipt, after: Receipt): Difference[] {
  const found: Difference[] = [];
  if (before.rows !== after.rows) found.push({ what: 'rows', expected: before.rows, found: after.rows });
  const engineOf = ({ parts }: Receipt) => parts[0]?.engine ?? '';
  if (engineOf(before) !== engineOf(after)) {
    return [...found, { what: 'engine', expected: engineOf(before), found: engineOf(after) }];
  }
  const digests = (receipt: Receipt) => new Map(receipt.columns.map(({ name, digest }) => [name, digest]));
  const [expected, rebuilt] = [digests(before), digests(after)];
  for (const column of new Set([...expected.keys(), ...rebuilt.keys()])) {
    const [one = null, other = null] = [expected.get(column), rebuilt.get(column)];
    if (one !== other) found.push({ what: 'column', column, expected: one, found: other });
  }
  return found;
}
