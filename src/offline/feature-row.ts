// A row as readers get it, from the strings that are stored online and that Postgres makes offline.
//
// The package exports these types. This file imports no driver: programs that use the package do not have its types.

import { type EpochMicros, epochMicrosOf } from '../core/instant.ts';
import { withDigits } from '../core/raw-json.ts';
import type { Feature } from '../definition/view.ts';
import { entryOf, type FeatureType, type FeatureValue } from '../feature-types/index.ts';

/** A row of one entity as readers get it: when it was true, and a value per feature. */
export type FeatureRow<Value = FeatureValue> = {
  readonly eventTime: EpochMicros;
  readonly values: Readonly<Record<string, Value | null>>;
};

/** A view's row of an entity, by the view's name; null where there is none, or none within its ttl. */
export type EntityRows = Readonly<Record<string, FeatureRow | null>>;

/** Whose row, as of when. */
export type AsOf = { readonly entityId: string; readonly at: EpochMicros };

/** The SQL expression for a timestamptz as integer microseconds since 1970. */
export function microsSql(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000000)::bigint`;
}

/** What a reader makes of the stored text of a value. @throws SyntaxError if the text of a json value is not JSON */
export type ReadValue<Value> = (text: string, type: FeatureType) => Value;

/** The value for programs. */
export const asFeatureValue: ReadValue<FeatureValue> = (text, type) => entryOf(type).fromText(text);

/** The value to show, also as JSON: numbers inside JSON keep all their digits, which a double does not have. */
export const asShownValue: ReadValue<FeatureValue> = (text, type) =>
  type === 'json' ? (JSON.parse(text, withDigits) as FeatureValue) : asFeatureValue(text, type); // RawJson only where a number was

/** The row that strings stand for; null where there is no event time: no row. */
export function rowOfTexts<Value>(
  features: readonly Feature[],
  micros: string | null | undefined,
  texts: readonly (string | null | undefined)[],
  read: ReadValue<Value>,
): FeatureRow<Value> | null {
  if (micros === null || micros === undefined) return null;
  const values: Record<string, Value | null> = {};
  features.forEach(({ name, type }, index) => {
    const text = texts[index] ?? null;
    values[name] = text === null ? null : read(text, type);
  });
  return { eventTime: epochMicrosOf(Number(micros)), values };
}
