// The one spelling of a typed value as text: made by Postgres, stored online, read back here.
//
//   float 0.1, -0, 1e+308 (shortest exact) · int · decimal 1.00 · string itself · bool true, false · json JSON text
//   timestamp 2026-01-01T00:00:00.123456Z · vector(n) JSON text: [1,2.5]

import { type EpochMicros, epochMicrosOf } from '../core/instant.ts';
import type { Feature, FeatureType } from '../definition/view.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * A value as readers get it: float → number, int → bigint, decimal → string with its digits, timestamp → ISO text with
 * microseconds, vector → number[], json → parsed; null where the feature has none.
 */
export type FeatureValue = number | bigint | string | boolean | JsonValue | readonly number[] | null;

/** A row of one entity as readers get it: when it was true, and a value per feature. */
export type FeatureRow = {
  readonly eventTime: EpochMicros;
  readonly values: Readonly<Record<string, FeatureValue>>;
};

/** The SQL expression that spells the value of `column`, null for null. */
export function valueTextSql(type: FeatureType, column: string): string {
  if (type === 'string') return column;
  if (type === 'timestamp') return isoTextSql(column);
  return type.startsWith('vector') ? `array_to_json(${column})::text` : `${column}::text`;
}

/** The SQL expression for a timestamptz as ISO text, UTC, with six decimals. */
export function isoTextSql(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The SQL expression for a timestamptz as integer microseconds since 1970. */
export function microsSql(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000000)::bigint`;
}

/** The value that a text stands for; the text is one that `valueTextSql` made. */
export function valueOfText(type: FeatureType, text: string): FeatureValue {
  switch (type) {
    case 'float':
      return Number(text);
    case 'int':
      return BigInt(text);
    case 'bool':
      return text === 'true';
    case 'decimal':
    case 'string':
    case 'timestamp':
      return text;
    default:
      return JSON.parse(text) as FeatureValue; // json and vector(n): Postgres made it
  }
}

/** The row that texts stand for; null where there is no event time: no row. */
export function rowOfTexts(
  features: readonly Feature[],
  micros: string | null | undefined,
  texts: readonly (string | null | undefined)[],
): FeatureRow | null {
  if (micros === null || micros === undefined) return null;
  const values: Record<string, FeatureValue> = {};
  features.forEach(({ name, type }, index) => {
    const text = texts[index] ?? null;
    values[name] = text === null ? null : valueOfText(type, text);
  });
  return { eventTime: epochMicrosOf(Number(micros)), values };
}
