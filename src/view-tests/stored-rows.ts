// The rows that a run stores: one for each entity and time.

import { canonicalTime } from '../feature-types/iso-time.ts';

/** An accepted row: column → text of the row check. */
export type AcceptedRecord = Readonly<Record<string, string | null>>;

/** Of rows with equal entity and time, the greatest tie_break wins, else the greatest row in text order. */
export function storedRows(rows: readonly AcceptedRecord[], features: readonly string[]): AcceptedRecord[] {
  // One time can be written with several offsets.
  const groups = Map.groupBy(rows, (row) => `${row['entity_id']}\t${canonicalTime(row['timestamp'] ?? '')}`);
  return [...groups.values()].map((group) => {
    const [winner] = group.toSorted((a, b) => compare(b, a, ['tie_break', ...features]));
    return winner ?? {};
  });
}

function compare(a: AcceptedRecord, b: AcceptedRecord, names: readonly string[]): number {
  for (const name of names) {
    const order = compareTexts(a[name] ?? null, b[name] ?? null, name);
    if (order !== 0) return order;
  }
  return 0;
}

/** Nulls come first, so that they lose. */
function compareTexts(a: string | null, b: string | null, column: string): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const isNumeric =
    column === 'tie_break' && [a, b].every((text) => text.trim() !== '' && Number.isFinite(Number(text)));
  if (isNumeric) return Number(a) - Number(b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
