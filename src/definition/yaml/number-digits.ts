// Numbers in YAML that a 64-bit float does not hold as they are written.

import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Scalar } from 'yaml';
import { rawJson } from '../../core/raw-json.ts';
import { FEATURE_TYPES } from '../../feature-types/index.ts';
import type { KeyPath } from './problem.ts';

/** Whether numbers at a path keep their digits. `value` is that of the whole file, which is not checked yet. */
export type KeepsDigits = (path: KeyPath, value: unknown) => boolean;

/** The digits of any 64-bit float that tell it from all others. */
const FLOAT_DIGITS = 17;

/** Whether a number has more digits than a 64-bit float, so that another number is read. */
export function isRounded(written: string, value: number): boolean {
  const isLong = /^[+-]?\d{16,}$/.test(written) || (written.match(/\d/g)?.length ?? 0) > FLOAT_DIGITS;
  const { canonicalText } = FEATURE_TYPES.decimal;
  return isLong && Number.isFinite(value) && canonicalText(written) !== canonicalText(String(value));
}

/**
 * Replaces numbers that JavaScript would write with other digits by RawJson. A number with an anchor is replaced only if each
 * of its places keeps digits. `value` is that of the document, which limits the aliases.
 */
export function keepDigits(document: Document, value: unknown, keeps: KeepsDigits): void {
  const kept = new Map<Scalar, boolean>();
  eachScalar(document, (node, path) => {
    if (typeof node.value === 'number' && kept.get(node) !== false) kept.set(node, keeps(path, value));
  });
  for (const [node, isKept] of kept) {
    const digits = isKept && node.source !== undefined ? jsonNumber(node.source) : null;
    if (digits !== null && digits !== String(node.value)) node.value = rawJson(digits);
  }
}

/** Visits each value at each of its paths, also those of aliases. */
function eachScalar(document: Document, visit: (node: Scalar, path: KeyPath) => void): void {
  // An alias refers to the last anchor of its name before it, so anchors are collected on the way.
  const anchors = new Map<string, unknown>();
  const seen = new Set<unknown>();
  const walk = (written: unknown, path: KeyPath): void => {
    const node = isAlias(written) ? anchors.get(written.source) : written;
    // Once: an alias leads to anchors that may be older than others of their name.
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined && !seen.has(node))
      anchors.set(node.anchor, node);
    seen.add(node);
    if (isScalar(node)) visit(node, path);
    if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    if (isMap(node))
      for (const { key, value } of node.items) walk(value, [...path, isScalar(key) ? String(key.value) : '']);
  };
  walk(document.contents, []);
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
