// File patterns: `sales/{yyyy}-{MM}-{dd}.csv`. What a pattern says by itself; sources find the files.

import type { FileFormat } from './view.ts';
import { didYouMean } from './yaml/nearest.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Coarsest first; each needs those before it, else one file would stand for several intervals. */
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

/** How much time one file of a pattern holds; null where its name has no date. */
export function patternSpanMs(pattern: string): number | null {
  return PLACEHOLDERS.findLast(({ name }) => pattern.includes(`{${name}}`))?.spanMs ?? null;
}

/** The format that a pattern's ending names, compression aside; null where it names none. */
export function formatOfPattern(pattern: string): FileFormat | null {
  const found = /\.([a-z]+)(?:\.(gz|zst))?$/.exec(pattern.toLowerCase());
  const format = found === null ? null : (FORMATS[found[1] ?? ''] ?? null);
  return format === 'parquet' && found?.[2] !== undefined ? null : format; // parquet compresses inside
}

/** What is wrong with a pattern, as a sentence; null where nothing is. */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > 512) return `it has ${pattern.length} characters; expected at most 512`;
  if (/^[a-z][a-z0-9+.-]+:/i.test(pattern))
    return 'a URL; expected a path below the source, whose URL is in millrace.yaml';
  if (pattern.startsWith('/')) return 'an absolute path; expected one below the source';
  if (/[\\\p{Cc}]/u.test(pattern)) return 'a backslash or control character; expected forward slashes';
  const segments = pattern.split('/');
  if (segments.includes('..') || segments.includes('.'))
    return '`.` and `..` are not allowed; expected a path below the source';
  if (segments.includes('')) return 'an empty part between slashes';
  if (segments.at(-1) === '**') return '`**` at the end stands for folders and no file; write `**/*`';
  return bracesProblem(pattern);
}

function bracesProblem(pattern: string): string | null {
  const known: readonly string[] = NAMES;
  for (const [written, name = ''] of pattern.matchAll(/\{([^{}]*)\}/g)) {
    if (!known.includes(name)) return `unknown placeholder ${written}${hintFor(name)}`;
  }
  if (/[{}]/.test(pattern.replace(/\{[^{}]*\}/g, ''))) return 'a brace is not closed';
  const has = NAMES.map((name) => pattern.includes(`{${name}}`));
  const gap = has.findIndex((is, index) => !is && has.slice(index).includes(true));
  return gap === -1
    ? null
    : `{${NAMES[has.lastIndexOf(true)]}} without {${NAMES[gap]}} names the same file again and again`;
}

/** {mm} and {DD} are the usual slips; the case decides between months and minutes. */
function hintFor(name: string): string {
  return didYouMean(name, NAMES).replace(/`(\w+)`/, '{$1}') || '; expected {yyyy}, {MM}, {dd} or {HH}';
}
