// A row as readers get it, from the strings that are stored online and that Postgres makes offline.

import { type EpochMicros, epochMicrosOf } from '../core/instant.ts';
import type { Feature } from '../definition/view.ts';
import { entryOf, type FeatureValue } from '../feature-types/index.ts';

/** A row of one entity as readers get it: when it was true, and a value per feature. */
export type FeatureRow = {
  readonly eventTime: EpochMicros;
  readonly values: Readonly<Record<string, FeatureValue>>;
};

/** The SQL expression for a timestamptz as integer microseconds since 1970. */
export function microsSql(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000000)::bigint`;
}

/** The row that strings stand for; null where there is no event time: no row. */
export function rowOfTexts(
  features: readonly Feature[],
  micros: string | null | undefined,
  texts: readonly (string | null | undefined)[],
): FeatureRow | null {
  if (micros === null || micros === undefined) return null;
  const values: Record<string, FeatureValue> = {};
  features.forEach(({ name, type }, index) => {
    const text = texts[index] ?? null;
    values[name] = text === null ? null : entryOf(type).fromText(text);
  });
  return { eventTime: epochMicrosOf(Number(micros)), values };
}
