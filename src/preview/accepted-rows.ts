// The accepted rows of a preview, and the keys of its refused ones, kept in memory up to a limit.

import type { FeatureView } from '../definition/view.ts';
import { unescapeCopy } from '../feature-types/copy-text.ts';
import { type AcceptedRow, acceptedIn, type ChunkMax, charactersIn } from '../offline/given-rows.ts';
import type { CheckedBatch } from '../rows/check.ts';
import { collectLimits, type Limits } from './limits.ts';

/** Entity and time of a refused row that has both. */
export type RefusedKey = readonly [entityId: string, timestamp: string];

export type KeptRows = {
  readonly accepted: readonly AcceptedRow[];
  readonly refusedKeys: readonly RefusedKey[];
  /** The readable entities of refused rows of a complete view, also of those without a readable time. */
  readonly refusedEntities: readonly string[];
  /** Whether there were more rows than may be kept, so that none are. */
  readonly isCut: boolean;
  /** Of all accepted rows, if none are kept; else null. */
  readonly limits: Limits | null;
};

/** How much may be kept. */
export type KeptMax = { readonly rows: number; readonly bytes: number };

/** What a field takes in addition to its characters. */
const FIELD_BYTES = 32;

export function keepRows(view: FeatureView, max: KeptMax): { take(batch: CheckedBatch): void; kept(): KeptRows } {
  const accepted: AcceptedRow[] = [];
  const refused: Refused = { keys: [], entities: [] };
  const limits = collectLimits(view);
  let bytes = 0;
  let isCut = false;
  const cut = (): void => {
    isCut = true;
    limits.take(accepted);
    for (const list of [accepted, refused.keys, refused.entities]) list.length = 0;
  };
  return {
    take: (batch) => {
      const rows = acceptedIn(batch.text);
      bytes += batch.text.length + rows.length * (rows[0]?.length ?? 0) * FIELD_BYTES;
      const most = Math.max(accepted.length + rows.length, refused.keys.length + batch.refused.length);
      if (!isCut && (most > max.rows || bytes > max.bytes)) cut();
      if (isCut) return limits.take(rows);
      for (const row of rows) accepted.push(row);
      addRefused(refused, batch);
    },
    kept: () => ({
      accepted,
      refusedKeys: refused.keys,
      refusedEntities: refused.entities,
      isCut,
      limits: isCut ? limits.found() : null,
    }),
  };
}

type Refused = { readonly keys: RefusedKey[]; readonly entities: string[] };

function addRefused(refused: Refused, batch: CheckedBatch): void {
  for (const { key } of batch.refused) {
    const [entityId, timestamp] = key === null ? [] : key.split('\t').map(unescapeCopy);
    if (entityId != null) refused.entities.push(entityId);
    if (entityId != null && timestamp != null) refused.keys.push([entityId, timestamp]);
  }
}

/** Cuts rows into chunks. All rows of an entity, accepted and refused, are in one chunk. */
export function chunksByEntity(
  { accepted, refusedKeys }: Pick<KeptRows, 'accepted' | 'refusedKeys'>,
  max: ChunkMax,
): Pick<KeptRows, 'accepted' | 'refusedKeys'>[] {
  const rowsOf = Map.groupBy(accepted, ([entityId]) => entityId ?? '');
  const keysOf = Map.groupBy(refusedKeys, ([entityId]) => entityId);
  const chunks: { accepted: AcceptedRow[]; refusedKeys: RefusedKey[] }[] = [];
  let characters = 0;
  for (const entityId of new Set([...rowsOf.keys(), ...keysOf.keys()])) {
    const last = chunks.at(-1);
    const isFull =
      last === undefined || last.accepted.length + last.refusedKeys.length >= max.rows || characters >= max.characters;
    const chunk = isFull ? { accepted: [], refusedKeys: [] } : last;
    if (isFull) {
      chunks.push(chunk);
      characters = 0;
    }
    for (const row of rowsOf.get(entityId) ?? []) {
      chunk.accepted.push(row);
      characters += charactersIn(row);
    }
    for (const key of keysOf.get(entityId) ?? []) chunk.refusedKeys.push(key);
  }
  return chunks;
}
