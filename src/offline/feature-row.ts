// A row as readers get it, from the strings that are stored online and that Postgres makes offline.

import { type EpochMicros, epochMicrosOf } from '../core/instant.ts';
import type { Feature } from '../definition/view.ts';
import { entryOf, type FeatureValue } from '../feature-types/index.ts';
import type { JsonValue } from '../feature-types/json.ts';

/** A row of one entity as readers get it: when it was true, and a value per feature. */
export type FeatureRow = {
  readonly eventTime: EpochMicros;
  readonly values: Readonly<Record<string, FeatureValue>>;
};

/** The SQL expression for a timestamptz as integer microseconds since 1970. */
export function microsSql(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000000)::bigint`;
}

/** Parses the text of a json value. @throws SyntaxError */
export type ParseJson = (text: string) => JsonValue;

/** The row that strings stand for; null where there is no event time: no row. */
export function rowOfTexts(
  features: readonly Feature[],
  micros: string | null | undefined,
  texts: readonly (string | null | undefined)[],
  parseJson: ParseJson = JSON.parse,
): FeatureRow | null {
  if (micros === null || micros === undefined) return null;
  const values: Record<string, FeatureValue> = {};
  features.forEach(({ name, type }, index) => {
    const text = texts[index] ?? null;
    values[name] = text === null ? null : type === 'json' ? parseJson(text) : entryOf(type).fromText(text);
  });
  return { eventTime: epochMicrosOf(Number(micros)), values };
}
