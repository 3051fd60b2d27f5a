// Profiles as people read them.

import type { FeatureProfile, Profile } from '../quality/profile.ts';
import { count } from './format.ts';

export const NOTHING = '–';

const BARS = '▁▂▃▄▅▆▇█';
const SIGNIFICANT_DIGITS = 5;
/** The place of the median in QUANTILES. */
const MEDIAN = 3;

/** `1,234.5`, `1.2346e+21`: at most five significant digits. */
export function shortNumber(value: number | string | null): string {
  if (value === null) return NOTHING;
  const number = Number(value);
  if (typeof value === 'string' && !Number.isFinite(number)) return value;
  const magnitude = Math.abs(number);
  if (magnitude !== 0 && (magnitude >= 1e15 || magnitude < 1e-5)) return number.toPrecision(SIGNIFICANT_DIGITS);
  const whole = Math.max(1, Math.floor(Math.log10(Math.max(magnitude, 1))) + 1);
  return number.toLocaleString('en-US', { maximumFractionDigits: Math.max(0, SIGNIFICANT_DIGITS - whole) });
}

/** `12.5%`. */
export function nullShare({ rows }: Profile, { nulls }: FeatureProfile): string {
  return rows === 0 ? NOTHING : `${Number(((nulls / rows) * 100).toFixed(2))}%`;
}

export function distinctText({ distinct }: FeatureProfile, { rows, sampled }: Profile): string {
  if (distinct === null) return NOTHING;
  return sampled < rows ? `~${count(Number(distinct.toPrecision(3)))}` : count(distinct);
}

export function medianOf({ quantiles }: FeatureProfile): number | null {
  return quantiles?.[MEDIAN] ?? null;
}

/** `GB 91%, FR 4%`: the most frequent strings of the sample. */
export function topText({ top }: FeatureProfile, { sampled }: Profile, shown: number): string {
  if (top === null || top.length === 0) return NOTHING;
  return top
    .slice(0, shown)
    .map(([value, rows]) => `${JSON.stringify(value)} ${Math.round((rows / sampled) * 100)}%`)
    .join(', ');
}

/** A bar for each value, lowest to highest; a space where there is no value. */
export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '';
  const [least, greatest] = [Math.min(...known), Math.max(...known)];
  const step = (greatest - least) / (BARS.length - 1);
  return values
    .map((value) => (value === null ? ' ' : (BARS[step > 0 ? Math.round((value - least) / step) : 3] ?? ' ')))
    .join('');
}
