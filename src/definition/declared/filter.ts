// Filters of declared queries: which rows count. As written:
//
//   { event_type: login, amount: { gt: 0, lte: 100 }, any: [{ country: DE }, { vip: true }] }
//
// All conditions in a map must hold. As in SQL, a column that is null satisfies no condition except `is_null: true`.

import { type EpochMs, formatInstant, parseInstant } from '../../core/instant.ts';
import { describeValue } from '../yaml/describe-value.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { formatKeyPath, type KeyPath } from '../yaml/problem.ts';

/** A value in a definition, which becomes an SQL literal. */
export type Literal =
  | { readonly text: string }
  /** Digits as in SQL. */
  | { readonly number: string }
  | { readonly bool: boolean }
  | { readonly time: EpochMs };

export const COMPARISONS = [
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'not_in',
  'like',
  'between',
  'is_null',
] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** The comparisons that take texts. */
export const EQUATING: readonly Comparison[] = ['eq', 'ne', 'in', 'not_in'];

export type Condition = { readonly column: string; readonly is: Comparison; readonly values: readonly Literal[] };
export type Filter = { readonly all: readonly Filter[] } | { readonly any: readonly Filter[] } | Condition;

/** The conditions of a filter, on any level. */
export function conditionsIn(filter: Filter | undefined): readonly Condition[] {
  if (filter === undefined) return [];
  if ('column' in filter) return [filter];
  return ('all' in filter ? filter.all : filter.any).flatMap(conditionsIn);
}

/** Where a filter is wrong, and why. */
export type FilterProblem = { readonly path: KeyPath; readonly message: string; readonly at: 'key' | 'value' };
export type ParsedFilter = { readonly filter: Filter; readonly problems: readonly FilterProblem[] };

const DEPTH_MAX = 10;
const VALUES_MAX = 1_000;
const ORDERED = 'a number, a date such as 2026-09-01 or a time such as 2026-09-01T06:00:00Z';
const EQUATED = 'a string, a number, true or false';

/** Parses a filter at a path of its file. `filter` is only meaningful without problems. */
export function parseFilter(written: unknown, path: KeyPath): ParsedFilter {
  const problems: FilterProblem[] = [];
  const filter = filterOf(written, { path, problems, depth: 0 });
  return { filter, problems };
}

type Place = { readonly path: KeyPath; readonly problems: FilterProblem[]; readonly depth: number };

const NOTHING: Filter = { all: [] };

function filterOf(written: unknown, place: Place): Filter {
  if (!isMap(written))
    return wrong(place, `expected a map such as { event_type: login }, found ${describeValue(written)}`);
  if (place.depth >= DEPTH_MAX) return wrong(place, `expected at most ${DEPTH_MAX} levels`);
  const filters = Object.entries(written).flatMap(([key, value]) => {
    const below = { ...place, path: [...place.path, key], depth: place.depth + 1 };
    return key === 'any' || key === 'all' ? [listOf(key, value, below)] : conditionsOf(key, value, below);
  });
  const [only] = filters;
  if (only === undefined) return wrong(place, 'expected at least one condition, found an empty map');
  return filters.length === 1 ? only : { all: filters };
}

function listOf(key: 'any' | 'all', value: unknown, place: Place): Filter {
  if (!Array.isArray(value) || value.length === 0 || value.length > VALUES_MAX) {
    return wrong(place, `expected a list of 1 to ${VALUES_MAX} filters, found ${describeValue(value)}`);
  }
  const filters = value.map((each, index) => filterOf(each, { ...place, path: [...place.path, index] }));
  return key === 'any' ? { any: filters } : { all: filters };
}

function conditionsOf(column: string, value: unknown, place: Place): Filter[] {
  if (value === null) return [{ column, is: 'is_null', values: [{ bool: true }] }];
  if (Array.isArray(value)) return [wrong(place, `expected ${EQUATED}, or a map such as { in: [a, b] }, found a list`)];
  if (!isMap(value)) return [{ column, is: 'eq', values: [equated(value, place)] }];
  const entries = Object.entries(value);
  if (entries.length === 0) return [wrong(place, 'expected a comparison such as { gt: 0 }, found an empty map')];
  return entries.map(([is, operand]) => {
    const below = { ...place, path: [...place.path, is] };
    return isComparison(is) ? { column, is, values: valuesOf(is, operand, below) } : unknownComparison(is, below);
  });
}

function isComparison(word: string): word is Comparison {
  const known: readonly string[] = COMPARISONS;
  return known.includes(word);
}

function unknownComparison(is: string, place: Place): Filter {
  const hint = didYouMean(is, COMPARISONS) || `; expected one of ${COMPARISONS.join(', ')}`;
  place.problems.push({
    path: place.path,
    message: `\`${formatKeyPath(place.path)}\`: unknown comparison \`${is}\`${hint}`,
    at: 'key',
  });
  return NOTHING;
}

function valuesOf(is: Comparison, operand: unknown, place: Place): Literal[] {
  if (is === 'eq' || is === 'ne') return [equated(operand, place)];
  if (is === 'in' || is === 'not_in') return listed(operand, place);
  if (is === 'is_null')
    return [typeof operand === 'boolean' ? { bool: operand } : noLiteral(operand, 'true or false', place)];
  if (is === 'like')
    return [typeof operand === 'string' ? textOf(operand, place) : noLiteral(operand, 'a pattern such as "A%"', place)];
  if (is !== 'between') return [ordered(operand, place)];
  if (!Array.isArray(operand) || operand.length !== 2) return [noLiteral(operand, 'a list of two values', place)];
  const [from, to] = operand.map((each, index) => ordered(each, { ...place, path: [...place.path, index] }));
  const values = [from, to].flatMap((each) => each ?? []);
  return isSameKind(values) ? values : [noLiteral(operand, 'two values of the same kind', place)];
}

function listed(operand: unknown, place: Place): Literal[] {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length > VALUES_MAX) {
    return [noLiteral(operand, `a list of 1 to ${VALUES_MAX} values`, place)];
  }
  const values = operand.map((each, index) => equated(each, { ...place, path: [...place.path, index] }));
  return isSameKind(values) ? values : [noLiteral(operand, 'values of the same kind', place)];
}

function isSameKind(values: readonly Literal[]): boolean {
  return new Set(values.flatMap((value) => Object.keys(value))).size <= 1;
}

function equated(value: unknown, place: Place): Literal {
  if (typeof value === 'string') return textOf(value, place);
  if (typeof value === 'boolean') return { bool: value };
  return typeof value === 'number' ? numberOf(value, place) : noLiteral(value, EQUATED, place);
}

function ordered(value: unknown, place: Place): Literal {
  if (typeof value === 'number') return numberOf(value, place);
  const time = typeof value === 'string' && /^\d{4}-/.test(value) ? parseInstant(value) : null;
  return time === null ? noLiteral(value, ORDERED, place) : { time };
}

function textOf(text: string, place: Place): Literal {
  // No database has NUL in a string, and an unpaired surrogate is no character.
  return text.includes('\0') || !text.isWellFormed()
    ? noLiteral(text, 'a string without U+0000 or unpaired surrogates', place)
    : { text };
}

function numberOf(number: number, place: Place): Literal {
  if (isExact(number)) return { number: String(number) };
  return noLiteral(number, `a number with at most ${DIGITS_MAX} digits, because more digits could be rounded`, place);
}

const NUMBER_TYPES = ['int', 'decimal', 'float'];

/** Any number with as many digits is the nearest one to its double. */
const DIGITS_MAX = 15;

/** Whether a number has the digits that are written in the file. */
function isExact(number: number): boolean {
  const digits = String(Math.abs(number)).replace(/e.*$/, '').replace('.', '').replace(/^0+/, '');
  return Number.isSafeInteger(number) || (Number.isFinite(number) && digits.length <= DIGITS_MAX);
}

/** The literal of a value for `default`, by the type of its feature; a message of what was expected if it is another. */
export function defaultLiteral(value: unknown, type: string): Literal | string {
  if (type === 'string') return typeof value === 'string' ? { text: value } : 'a string';
  if (type === 'bool') return typeof value === 'boolean' ? { bool: value } : 'true or false';
  if (type === 'timestamp') {
    const time = typeof value === 'string' ? parseInstant(value) : null;
    return time === null ? 'a date or a time' : { time };
  }
  if (!NUMBER_TYPES.includes(type)) return 'no default';
  const isWhole = type !== 'int' || Number.isSafeInteger(value);
  if (typeof value === 'number' && Number.isFinite(value) && isWhole && (type !== 'decimal' || isExact(value))) {
    return { number: String(value) };
  }
  if (type === 'decimal') return `a number with at most ${DIGITS_MAX} digits`;
  return type === 'int' ? 'a whole number' : 'a number';
}

/** A literal as it is written in a file. */
export function writtenLiteral(literal: Literal): string | number | boolean {
  if ('text' in literal) return literal.text;
  if ('bool' in literal) return literal.bool;
  return 'number' in literal ? Number(literal.number) : formatInstant(literal.time);
}

/** A filter as it is written in a file. Parsing it gives the same filter. */
export function writtenFilter(filter: Filter): Readonly<Record<string, unknown>> {
  if ('all' in filter) return { all: filter.all.map(writtenFilter) };
  if ('any' in filter) return { any: filter.any.map(writtenFilter) };
  const values = filter.values.map(writtenLiteral);
  const isList = ['in', 'not_in', 'between'].includes(filter.is);
  return { [filter.column]: { [filter.is]: isList ? values : values[0] } };
}

function noLiteral(found: unknown, expected: string, place: Place): Literal {
  wrong(place, `expected ${expected}, found ${describeValue(found)}`);
  return { bool: false };
}

function wrong({ path, problems }: Place, sentence: string): Filter {
  problems.push({ path, message: `\`${formatKeyPath(path)}\`: ${sentence}`, at: 'value' });
  return NOTHING;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
