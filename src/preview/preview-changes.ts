// What the rows of a preview would change in the offline store.

import { type ChangedRow, compareStored, countStored, requireConvertible, type ToCompare } from '../offline/compare.ts';
import { CHUNK } from '../offline/given-rows.ts';
import type { Session } from '../postgres/session.ts';
import type { RunCounts } from '../state/runs/run.ts';
import { isZeroSql, writesZeros } from '../state/views/zeros.ts';
import { chunksByEntity, type KeptRows } from './accepted-rows.ts';

type Changing = Pick<ToCompare, 'view' | 'span' | 'entity' | 'columns'> & {
  readonly limit: number;
  /** Null before the view is deployed. */
  readonly viewId: number | null;
};

type Changes = {
  readonly counts: Partial<RunCounts>;
  readonly stored: number;
  readonly examples: readonly ChangedRow[];
};

export async function changesBy(session: Session, changing: Changing, rows: KeptRows): Promise<Changes> {
  const { view, viewId } = changing;
  const isOfSource = (row: string) => (viewId !== null && writesZeros(view) ? `not ${isZeroSql(row, viewId)}` : 'true');
  const stored = await countStored(session, { ...changing, isOfSource });
  if (rows.isCut) return { counts: {}, stored, examples: [] };
  await requireConvertible(session, changing);
  const total = { distinct: 0, inserted: 0, changed: 0, matched: 0, kept: 0 };
  const examples: ChangedRow[] = [];
  for (const chunk of chunksByEntity(rows, CHUNK)) {
    const found = await compareStored(session, { ...changing, ...chunk, isOfSource, examplesMax: changing.limit });
    for (const key of ['distinct', 'inserted', 'changed', 'matched', 'kept'] as const) total[key] += found[key];
    examples.push(...found.examples);
  }
  const { distinct, inserted, changed, matched, kept } = total;
  const isMerge = view.kind === 'latest';
  return {
    counts: {
      inserted,
      changed,
      unchanged: matched - changed,
      duplicates: rows.accepted.length - distinct,
      kept: isMerge ? 0 : kept,
      removed: isMerge ? 0 : stored - matched - kept,
    },
    stored: isMerge ? 0 : stored,
    examples: examples.slice(0, changing.limit),
  };
}
