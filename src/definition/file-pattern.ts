// File patterns such as `sales/{yyyy}-{MM}-{dd}.{csv,txt}`: their rules. Sources find the files.

import type { FileFormat } from './view.ts';
import { didYouMean } from './yaml/nearest.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Coarsest first. Each needs those before it; otherwise one file would belong to several intervals. */
const PLACEHOLDERS = [
  { name: 'yyyy', spanMs: 366 * DAY_MS },
  { name: 'MM', spanMs: 31 * DAY_MS },
  { name: 'dd', spanMs: DAY_MS },
  { name: 'HH', spanMs: HOUR_MS },
] as const;

const NAMES = PLACEHOLDERS.map((placeholder) => placeholder.name);

const FORMATS: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  parquet: 'parquet',
  json: 'json',
  ndjson: 'json',
  jsonl: 'json',
};

/** The time that one file of a pattern holds; null if its name has no date. */
export function patternSpanMs(pattern: string): number | null {
  return PLACEHOLDERS.findLast(({ name }) => pattern.includes(`{${name}}`))?.spanMs ?? null;
}

/** The most patterns that the alternatives of one pattern make. */
const ALTERNATIVES_MAX = 100;

/** The patterns that a pattern with alternatives stands for: `{a,b}.csv` for `a.csv` and `b.csv`. */
export function alternativesOf(pattern: string): readonly string[] {
  // All of them have the same braces left, so that they are done together. More are refused below.
  let found: readonly string[] = [pattern];
  while (found.length <= ALTERNATIVES_MAX && found.some((one) => ALTERNATIVES.test(one))) {
    found = found.flatMap(firstExpanded).slice(0, ALTERNATIVES_MAX + 1);
  }
  return found;
}

const ALTERNATIVES = /\{([^{},]*,[^{}]*)\}/;

/** A pattern for each alternative of the first braces. */
function firstExpanded(pattern: string): readonly string[] {
  const [written, inside = ''] = ALTERNATIVES.exec(pattern) ?? [];
  if (written === undefined) return [pattern];
  const alternatives = inside.split(',', ALTERNATIVES_MAX + 1);
  return alternatives.map((alternative) => pattern.replace(written, () => alternative));
}

/** The format that a pattern's extension names, ignoring compression; null if it names none, or several. */
export function formatOfPattern(pattern: string): FileFormat | null {
  const [first = null, ...others] = new Set(alternativesOf(pattern).map(formatOfName));
  return others.length === 0 ? first : null;
}

function formatOfName(pattern: string): FileFormat | null {
  const found = /\.([a-z]+)(?:\.(gz|zst|bz2|zip))?$/.exec(pattern.toLowerCase());
  const format = found === null ? null : (FORMATS[found[1] ?? ''] ?? null);
  return format === 'parquet' && found?.[2] !== undefined ? null : format; // parquet compresses inside
}

/** The problem with a pattern, as a sentence; null if there is none. */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > 512) return `has ${pattern.length} characters; expected at most 512`;
  if (/^[a-z][a-z0-9+.-]+:/i.test(pattern))
    return 'is a URL; expected a path relative to the URL of the source in millrace.yaml';
  if (pattern.startsWith('/')) return 'is an absolute path; expected a path relative to the source';
  if (/[\\\p{Cc}]/u.test(pattern)) return 'has a backslash or control character; expected forward slashes';
  const segments = pattern.split('/');
  if (segments.includes('..') || segments.includes('.'))
    return 'has `.` or `..`; expected a path relative to the source';
  if (segments.includes('')) return 'has two slashes in a row or one at the end';
  if (segments.at(-1) === '**') return 'ends with `**`, which matches folders only; write `**/*`';
  return bracesProblem(pattern);
}

/** Whether a bracket begins no class such as [0-9]. Looks at each character once. */
function hasOpenBracket(pattern: string): boolean {
  for (let at = pattern.indexOf('['); at !== -1; ) {
    const end = pattern.indexOf(']', at);
    if (end === -1 || end === at + 1 || pattern.slice(at, end).includes('/')) return true;
    at = pattern.indexOf('[', end);
  }
  return false;
}

function bracesProblem(pattern: string): string | null {
  const known: readonly string[] = NAMES;
  for (const [written, name = ''] of pattern.matchAll(/\{([^{}]*)\}/g)) {
    if (name.includes('/')) return `has a slash in ${written}; expected alternatives within one segment of the path`;
    if (name.includes(',')) continue;
    if (!known.includes(name)) return `has the unknown placeholder ${written}${hintFor(name)}`;
  }
  if (/[{}]/.test(pattern.replace(/\{[^{}]*\}/g, ''))) return 'has an unclosed or nested brace';
  if (hasOpenBracket(pattern)) return 'has an unclosed or empty bracket; expected a class such as [0-9]';
  if (alternativesOf(pattern).length > ALTERNATIVES_MAX)
    return `has more than ${ALTERNATIVES_MAX} combinations of alternatives`;
  const has = NAMES.map((name) => pattern.includes(`{${name}}`));
  const gap = has.findIndex((is, index) => !is && has.slice(index).includes(true));
  return gap === -1
    ? null
    : `has {${NAMES[has.lastIndexOf(true)]}} without {${NAMES[gap]}}, so several intervals would read the same file; add {${NAMES[gap]}}`;
}

/** {mm} and {DD} are common typos. */
function hintFor(name: string): string {
  return (
    didYouMean(name, NAMES).replace(/`(\w+)`/, '{$1}') ||
    '; expected {yyyy}, {MM}, {dd}, {HH} or alternatives such as {a,b}'
  );
}
