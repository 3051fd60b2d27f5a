// Values of features as JSON.

import { rawJson } from '../../core/raw-json.ts';
import type { FeatureType, FeatureValue } from '../../feature-types/index.ts';
import type { JsonValue } from '../../feature-types/json.ts';

/** `exact`: 64-bit integers and decimals are strings, for clients that parse every number as a double. */
export type Numbers = 'json' | 'exact';

/** A value for a response. With `json`, integers and decimals are JSON numbers with all their digits. */
export function jsonValue(type: FeatureType, value: FeatureValue, numbers: Numbers): JsonValue {
  if (value === null) return null;
  if (typeof value === 'bigint') return numbers === 'exact' ? String(value) : numberOf(String(value));
  if (type === 'decimal' && typeof value === 'string') return numbers === 'exact' ? value : numberOf(value);
  return value;
}

/** A number with all digits of its text. */
function numberOf(text: string): JsonValue {
  const asDouble = Number(text);
  return Number.isSafeInteger(asDouble) && String(asDouble) === text ? asDouble : rawJson(text);
}

/** A value as JSON. Most values are numbers, which need no serializer. */
export function jsonText(value: JsonValue): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : JSON.stringify(value);
}
