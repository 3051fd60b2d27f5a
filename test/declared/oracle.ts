// Asks the oracle in Python, and compares values with its answer.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { formatInstant } from '../../src/core/instant.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { parseMicros } from '../../src/feature-types/iso-time.ts';
import { END, type EventRow, type ProfileRow, type Values } from './events.ts';

export type OracleView = { readonly where?: unknown; readonly features: readonly unknown[] };
/** Entity → value by feature; floats are numbers. */
export type Expected = Readonly<Record<string, Readonly<Record<string, string | number | null>>>>;

export function askOracle(
  events: readonly EventRow[],
  profiles: readonly ProfileRow[],
  views: readonly OracleView[],
): Expected[] {
  const input = JSON.stringify({ end: formatInstant(END), events, profiles, views });
  const script = path.join(import.meta.dirname, 'oracle.py');
  const { stdout, stderr, status } = spawnSync('python3', [script], {
    input,
    encoding: 'utf8',
    maxBuffer: 1_073_741_824,
  });
  if (status !== 0) throw new Error(`the oracle failed: ${stderr}`);
  return JSON.parse(stdout) as Expected[]; // what oracle.py writes
}

/** The stated tolerance of floats: relative, and absolute near zero. */
export const FLOAT_TOLERANCE = 1e-9;

/** What differs from the oracle, one line for each value; empty if nothing does. */
export function differences(view: FeatureView, values: Values, expected: Expected): string[] {
  const entities = new Set([...Object.keys(values), ...Object.keys(expected)]);
  return [...entities].flatMap((entity) => {
    const [found, wanted] = [values[entity], expected[entity]];
    if (found === undefined || wanted === undefined)
      return [`${entity}: ${found === undefined ? 'missing' : 'unexpected'}`];
    return view.features.flatMap(({ column, type }) => {
      const [is, should] = [found[column] ?? null, wanted[column] ?? null];
      return isEqual(type, is, should) ? [] : [`${entity}.${column}: ${is}, expected ${should}`];
    });
  });
}

function isEqual(type: string, found: string | null, wanted: string | number | null): boolean {
  if (found === null || wanted === null) return found === wanted;
  if (typeof wanted === 'number') {
    return Math.abs(Number(found) - wanted) <= FLOAT_TOLERANCE * Math.max(1, Math.abs(wanted));
  }
  if (type === 'timestamp') return parseMicros(found) === parseMicros(wanted);
  if (type === 'decimal' || type === 'int') return plain(found) === plain(wanted);
  if (type === 'bool') return (found === '1' ? 'true' : found === '0' ? 'false' : found) === wanted;
  return found === wanted;
}

/** Without the zeros at the end of a fraction. */
function plain(digits: string): string {
  const text = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  return text === '-0' ? '0' : text;
}
