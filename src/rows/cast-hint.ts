// Advice for a query column whose type its feature cannot be read from.

import type { FeatureView } from '../definition/view.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import type { Column } from './batch.ts';

/** Postgres types that no feature can be read from → the cast for a number, and the one for a string. */
const CASTS: Readonly<Record<string, { readonly number?: string; readonly text?: string }>> = {
  money: { number: '::numeric' },
  interval: { number: 'extract(epoch from …)', text: '::text' },
  'time without time zone': { number: 'extract(epoch from …)', text: '::text' },
  inet: { text: '::text' },
  cidr: { text: '::text' },
  macaddr: { text: '::text' },
  xml: { text: '::text' },
  bytea: { text: "encode(…, 'hex')" },
};

/** How to fix the type of a column in the query, in parentheses. `wanted` are the types that would be accepted. */
export function castHint(
  { name, type, nativeType }: Column,
  wanted: readonly ColumnType[],
  { files }: Pick<FeatureView, 'files'>,
): string {
  if (name === 'timestamp' && ['int', 'float', 'decimal'].includes(type)) return ' (convert it to a time in the query)';
  if (type === 'text' && files !== null) return ' (declare it under `types`, or cast it in the query)';
  const casts = CASTS[nativeType];
  const cast = wanted.includes('decimal') ? casts?.number : wanted.includes('text') ? casts?.text : undefined;
  return cast === undefined ? ' (cast it in the query)' : ` (cast it in the query, for example with ${cast})`;
}
