// Numbers in YAML that a 64-bit float does not hold as they are written.

import { type Document, isCollection, visit } from 'yaml';
import { rawJson } from '../../core/raw-json.ts';
import { FEATURE_TYPES } from '../../feature-types/index.ts';

/** The digits of any 64-bit float that tell it from all others. */
const FLOAT_DIGITS = 17;

/** Whether a number has more digits than a 64-bit float, so that another number is read. */
export function isRounded(written: string, value: number): boolean {
  const isLong = /^[+-]?\d{16,}$/.test(written) || (written.match(/\d/g)?.length ?? 0) > FLOAT_DIGITS;
  const { canonicalText } = FEATURE_TYPES.decimal;
  return isLong && Number.isFinite(value) && canonicalText(written) !== canonicalText(String(value));
}

/** Replaces the numbers inside more than `levels` maps and lists that JavaScript would write with other digits by RawJson. */
export function keepDigits(document: Document, levels: number): void {
  visit(document, {
    Scalar(_, node, path) {
      if (typeof node.value !== 'number' || node.source === undefined) return;
      if (path.filter(isCollection).length <= levels) return;
      const digits = jsonNumber(node.source);
      if (digits !== null && digits !== String(node.value)) node.value = rawJson(digits);
    },
  });
}

/** A YAML number as JSON spells it; null for NaN and infinities, which JSON does not have. */
function jsonNumber(written: string): string | null {
  if (/^0[xo]/.test(written)) return String(BigInt(written));
  const found = /^([+-]?)(\d*)\.?(\d*)(e[+-]?\d+)?$/i.exec(written);
  if (found === null) return null;
  const [, sign, digits = '', decimals = '', exponent = ''] = found;
  const whole = digits.replace(/^0+(?=\d)/, '');
  const fraction = decimals === '' ? '' : `.${decimals}`;
  return `${sign === '-' ? '-' : ''}${whole === '' ? '0' : whole}${fraction}${exponent}`;
}
