// The accepted rows of a preview, and the keys of its refused ones, kept in memory up to a limit.

import { unescapeCopy } from '../feature-types/copy-text.ts';
import { type AcceptedRow, acceptedIn } from '../offline/given-rows.ts';
import type { CheckedBatch } from '../rows/check.ts';

/** Entity and time of a refused row that has both. */
export type RefusedKey = readonly [entityId: string, timestamp: string];

export type KeptRows = {
  readonly accepted: readonly AcceptedRow[];
  readonly refusedKeys: readonly RefusedKey[];
  /** The readable entities of refused rows of a complete view, also of those without a readable time. */
  readonly refusedEntities: readonly string[];
  /** Whether there were more rows than the limit, so that the kept ones are only a part. */
  readonly isCut: boolean;
};

export function keepRows(limit: number): { take(batch: CheckedBatch): void; kept(): KeptRows } {
  const accepted: AcceptedRow[] = [];
  const refusedKeys: RefusedKey[] = [];
  const refusedEntities: string[] = [];
  let isCut = false;
  return {
    take: ({ text, refused }) => {
      const rows = acceptedIn(text);
      isCut ||= accepted.length + rows.length > limit || refusedKeys.length + refused.length > limit;
      if (isCut) return;
      for (const row of rows) accepted.push(row);
      for (const { key } of refused) {
        const [entityId, timestamp] = key === null ? [] : key.split('\t').map(unescapeCopy);
        if (entityId != null) refusedEntities.push(entityId);
        if (entityId != null && timestamp != null) refusedKeys.push([entityId, timestamp]);
      }
    },
    kept: () => ({ accepted, refusedKeys, refusedEntities, isCut }),
  };
}

/** Cuts rows into chunks. All rows of an entity, accepted and refused, are in one chunk. */
export function chunksByEntity(
  { accepted, refusedKeys }: Pick<KeptRows, 'accepted' | 'refusedKeys'>,
  rowsMax: number,
): Pick<KeptRows, 'accepted' | 'refusedKeys'>[] {
  const rowsOf = Map.groupBy(accepted, ([entityId]) => entityId ?? '');
  const keysOf = Map.groupBy(refusedKeys, ([entityId]) => entityId);
  const chunks: { accepted: AcceptedRow[]; refusedKeys: RefusedKey[] }[] = [];
  for (const entityId of new Set([...rowsOf.keys(), ...keysOf.keys()])) {
    const last = chunks.at(-1);
    const chunk =
      last !== undefined && last.accepted.length + last.refusedKeys.length < rowsMax
        ? last
        : { accepted: [], refusedKeys: [] };
    if (chunk !== last) chunks.push(chunk);
    for (const row of rowsOf.get(entityId) ?? []) chunk.accepted.push(row);
    for (const key of keysOf.get(entityId) ?? []) chunk.refusedKeys.push(key);
  }
  return chunks;
}
