// JSON with all digits of its numbers, and of limited depth.

import { isRawJson, withDigits } from '../../core/raw-json.ts';
import { Problem } from '../problem.ts';

/** Deeper JSON could exhaust the stack of a function that walks it. */
const DEPTH_MAX = 110;
/** Numbers that a double may not hold exactly, or that JavaScript writes differently: with many digits, an exponent, -0, or zeros at the end. */
const INEXACT_NUMBER = /[\d.]{16}|[:[,\s]-?[\d.]+[eE]|[:[,\s]-0|\.\d*0(?!\d)/;

/** The value of a string. Numbers that a double does not hold are kept as text: see `numberText`. @throws Problem REQUEST_INVALID */
export function parseExact(text: string, where: string): unknown {
  if (isTooDeep(text)) throw new Problem('REQUEST_INVALID', `${where} is nested more than ${DEPTH_MAX} levels deep.`);
  try {
    return INEXACT_NUMBER.test(text) ? JSON.parse(text, withDigits) : JSON.parse(text);
  } catch {
    throw new Problem('REQUEST_INVALID', `${where} is not valid JSON.`);
  }
}

/** The digits of a number as they were sent; null for anything else. */
export function numberText(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return isRawJson(value) ? value.rawJSON : null;
}

const [OPEN_LIST, OPEN_MAP, CLOSE_LIST, CLOSE_MAP] = [0x5b, 0x7b, 0x5d, 0x7d];

/** Counts brackets, including those in strings: text with that many is no value either. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPEN_LIST || code === OPEN_MAP) {
      depth += 1;
      if (depth > DEPTH_MAX) return true;
    } else if ((code === CLOSE_LIST || code === CLOSE_MAP) && depth > 0) depth -= 1;
  }
  return false;
}
