// Values as strings that are equal if the values are, so that 1, 1.0 and "1" of a decimal are the same.

import { trimmedEnd } from '../core/trimmed-end.ts';
import type { Feature } from '../definition/view.ts';
import { parseMicros } from '../feature-types/iso-time.ts';
import { textOfValue } from './column-types.ts';

/** The canonical text of a value of a feature, given by a test or by the row check. */
export function canonicalValue({ type }: Pick<Feature, 'type'>, value: unknown): string | null {
  const text = textOfValue(value);
  if (text === null) return null;
  const [base] = type.split('(', 1);
  if (base === 'float') return String(Number(text));
  if (base === 'int') return /^[+-]?\d+$/.test(text) ? String(BigInt(text)) : text;
  if (base === 'decimal') return canonicalDecimal(text);
  if (base === 'bool') return /^(?:t|true|1)$/i.test(text) ? 'true' : /^(?:f|false|0)$/i.test(text) ? 'false' : text;
  if (base === 'timestamp') return canonicalTime(text);
  if (base === 'vector')
    return `[${(text.match(/[^[\]{}()\s,]+/g) ?? []).map((part) => String(Number(part))).join(', ')}]`;
  return base === 'json' ? canonicalJson(value, text) : text;
}

/** ISO text in UTC with microseconds if there are any; other strings stay. */
export function canonicalTime(text: string): string {
  const micros = parseMicros(text);
  if (typeof micros !== 'number') return text;
  const iso = new Date(Math.floor(micros / 1_000)).toISOString();
  const rest = ((micros % 1_000) + 1_000) % 1_000;
  const fraction = `${iso.slice(20, 23)}${String(rest).padStart(3, '0')}`.replace(/0+$/, '');
  return `${iso.slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

function canonicalDecimal(text: string): string {
  const found = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (found === null) return text;
  const [, sign, written = '0', decimals = ''] = found;
  const whole = written.replace(/^0+(?=\d)/, '');
  const fraction = trimmedEnd(decimals, '0');
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return sign === '-' && digits !== '0' ? `-${digits}` : digits;
}

/** The text of YAML stays what it is; a string of the row check is JSON. */
function canonicalJson(value: unknown, text: string): string {
  try {
    return JSON.stringify(sorted(typeof value === 'string' ? JSON.parse(text) : value));
  } catch {
    return JSON.stringify(text);
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sorted(each)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
