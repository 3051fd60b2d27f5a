// The types of columns of given rows: as the test says, or by their values.

import type { TestRow } from '../definition/view-test.ts';

/** What all values of a column are. `decimals` is the most digits after the point. */
export type ValueKind =
  | { readonly kind: 'whole' | 'bool' | 'date' | 'time' | 'json' | 'text' }
  | { readonly kind: 'number'; readonly decimals: number };

export type GivenColumn = { readonly name: string; readonly values: ValueKind; readonly type: string | null };

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/** The columns of a table, in the order in which they occur. `types` are those that the test names. */
export function givenColumns(rows: readonly TestRow[], types: Readonly<Record<string, string>> = {}): GivenColumn[] {
  const names = new Set([...rows.flatMap((row) => Object.keys(row)), ...Object.keys(types)]);
  return [...names].map((name) => ({
    name,
    values: kindOf(rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined)),
    type: types[name] ?? null,
  }));
}

function kindOf(values: readonly unknown[]): ValueKind {
  const all = (is: (value: unknown) => boolean) => values.length > 0 && values.every(is);
  if (all((value) => Number.isSafeInteger(value))) return { kind: 'whole' };
  if (all((value) => typeof value === 'number'))
    return { kind: 'number', decimals: Math.max(...values.map(decimalsOf)) };
  if (all((value) => typeof value === 'boolean')) return { kind: 'bool' };
  if (all((value) => typeof value === 'string' && DATE.test(value))) return { kind: 'date' };
  if (all((value) => typeof value === 'string' && (TIME.test(value) || DATE.test(value)))) return { kind: 'time' };
  return { kind: all((value) => typeof value === 'object') ? 'json' : 'text' };
}

function decimalsOf(value: unknown): number {
  const [, fraction = '', exponent = '0'] = /^[^.e]*(?:\.(\d+))?(?:e(.+))?$/.exec(String(value)) ?? [];
  return Math.max(0, fraction.length - Number(exponent));
}

/** A value as the text of a field; null for null. */
export function textOfValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
