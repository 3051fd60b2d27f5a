// Values of features as JSON, from the text that is stored.

import { entryOf, type FeatureType } from '../../feature-types/index.ts';
import type { ReadValue } from '../../offline/feature-row.ts';

/** `exact`: 64-bit integers and decimals are strings, for clients that parse every number as a double. */
export type Numbers = 'json' | 'exact';

/** JSON, such as `17` or `"a"`. */
export type JsonText = string;

/** A number as Postgres writes it and JSON allows it, which is nearly always the case. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/;

/** How stored values are written to a response: numbers keep all their digits. */
export function jsonOf(numbers: Numbers): ReadValue<JsonText> {
  const isExact = numbers === 'exact';
  return (text, type) => {
    const { arithmetic } = entryOf(type);
    if (arithmetic === null) return otherOf(text, type);
    return isExact && arithmetic === 'exact' ? JSON.stringify(text) : numberOf(text);
  };
}

/** Another program may have written a number to Redis in another way. */
function numberOf(text: string): JsonText {
  return JSON_NUMBER.test(text) ? text : JSON.stringify(Number(text));
}

function otherOf(text: string, type: FeatureType): JsonText {
  if (type !== 'json') return JSON.stringify(entryOf(type).fromText(text));
  // Only to be sure that it is JSON.
  JSON.parse(text);
  return text;
}
