// Values of features as JSON, from the text that is stored.

import { entryOf, type FeatureType } from '../../feature-types/index.ts';
import type { ReadValue } from '../../offline/feature-row.ts';

/** `exact`: 64-bit integers and decimals are strings, for clients that parse every number as a double. */
export type Numbers = 'json' | 'exact';

/** JSON, such as `17` or `"a"`. */
export type JsonText = string;

/** A value that is not there. */
export const NULL: JsonText = 'null';

/** A number as Postgres writes it and JSON allows it, which is nearly always the case. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/;
const LEADING_ZEROS = /^(-?)0+(?=\d)/;

/** How stored values are written to a response: numbers keep all their digits. */
export function jsonOf(numbers: Numbers): ReadValue<JsonText> {
  const isExact = numbers === 'exact';
  return (text, type) => {
    const { arithmetic } = entryOf(type);
    if (arithmetic === null) return otherOf(text, type);
    const number = JSON_NUMBER.test(text) ? text : otherNumber(text, type, arithmetic);
    return isExact && arithmetic === 'exact' ? JSON.stringify(number) : number;
  };
}

/** Another program may have written a number to Redis in another way. @throws SyntaxError if it is none */
function otherNumber(text: string, type: FeatureType, arithmetic: 'exact' | 'float'): JsonText {
  if (arithmetic === 'float') return JSON.stringify(entryOf(type).fromText(text));
  const number = text.replace(LEADING_ZEROS, '$1');
  JSON.parse(number);
  return number;
}

function otherOf(text: string, type: FeatureType): JsonText {
  if (type !== 'json') return JSON.stringify(entryOf(type).fromText(text));
  // The text may have whitespace around it.
  return JSON.parse(text) === null ? NULL : text;
}
