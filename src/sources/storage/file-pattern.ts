// Maps a span of time to globs: `sales/{yyyy}-{MM}-{dd}.csv`, with the wildcards * ? and **, classes such as [0-9] and
// alternatives such as {a,b}.

import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import { alternativesOf } from '../../definition/file-pattern.ts';

const PLACEHOLDER = /\{(yyyy|MM|dd|HH)\}/g;
const EXPANSIONS_MAX = 100_000;

/**
 * The globs of the pattern for [start, end), oldest first; the pattern itself if it has no placeholder. A file of
 * `{yyyy}-{MM}-{dd}` belongs to the interval that contains the start of its day.
 *
 * @throws Failure DEFINITION_INVALID for a pattern that leaves its folder, or that needs a time and there is none.
 */
export function expandPattern(pattern: string, span: Interval | null): readonly string[] {
  if (isLeaving(pattern)) throw invalid(pattern, 'points outside the folder of its source');
  const placeholders = new Set([...pattern.matchAll(PLACEHOLDER)].map(([, name]) => name));
  if (placeholders.size === 0) return [pattern];
  if (span === null) throw invalid(pattern, 'has a placeholder for a time, but views of kind latest have no intervals');
  const globs = new Set<string>();
  for (let at = firstStep(span.start, placeholders); at < span.end; at = nextStep(at, placeholders)) {
    if (globs.size >= EXPANSIONS_MAX) throw invalid(pattern, `expands to more than ${EXPANSIONS_MAX} globs`);
    globs.add(expanded(pattern, at));
  }
  return [...globs];
}

function isLeaving(pattern: string): boolean {
  return /^[/\\]|\0/.test(pattern) || pattern.split('/').includes('..');
}

function invalid(pattern: string, problem: string): Failure {
  return new Failure('DEFINITION_INVALID', text`The file pattern ${safe(JSON.stringify(pattern))} ${safe(problem)}.`, {
    pattern,
  });
}

function expanded(pattern: string, at: EpochMs): string {
  const iso = new Date(at).toISOString();
  const parts: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
  };
  return pattern.replace(PLACEHOLDER, (_, name: string) => parts[name] ?? '');
}

// The finest placeholder of a pattern gives its grid. The first step is at or after the start of the interval.
function firstStep(start: EpochMs, placeholders: ReadonlySet<string | undefined>): EpochMs {
  const date = new Date(start);
  const month = placeholders.has('MM') || placeholders.has('dd') || placeholders.has('HH') ? date.getUTCMonth() : 0;
  const day = placeholders.has('dd') || placeholders.has('HH') ? date.getUTCDate() : 1;
  const floor = Date.UTC(date.getUTCFullYear(), month, day, placeholders.has('HH') ? date.getUTCHours() : 0);
  return floor < start ? nextStep(epochMsOf(floor), placeholders) : epochMsOf(floor);
}

function nextStep(at: EpochMs, placeholders: ReadonlySet<string | undefined>): EpochMs {
  if (placeholders.has('HH')) return epochMsOf(at + 3_600_000);
  if (placeholders.has('dd')) return epochMsOf(at + 86_400_000);
  const date = new Date(at);
  const months = placeholders.has('MM') ? 1 : 12;
  return epochMsOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
}

/**
 * Whether a name matches one segment of a glob. A wildcard does not match the first . or _ of a hidden name.
 *
 * Not a regular expression, which with several `*` takes exponential time for a name that nearly matches.
 */
export function segmentMatcher(segment: string): (name: string) => boolean {
  const matchers = alternativesOf(segment).map(plainMatcher);
  return (name) => matchers.some((isMatch) => isMatch(name));
}

function plainMatcher(segment: string): (name: string) => boolean {
  const wanted = tokensOf(segment);
  const isVisibleOnly = /^[*?[]/.test(segment);
  return (name) => !(isVisibleOnly && /^[._]/.test(name)) && matchesAll(wanted, [...name]);
}

/** A test of one character, or any number of characters. */
type Token = '*' | ((character: string) => boolean);

function tokensOf(segment: string): Token[] {
  return [...segment.matchAll(/\[([!^]?)([^\]]+)\]|./gsu)].map(([written, not = '', members]): Token => {
    if (members !== undefined) return classTest(members, not === '' ? 'in' : 'not in');
    if (written === '*') return '*';
    return written === '?' ? () => true : (character) => character === written;
  });
}

/** `0-9a_`: ranges and single characters. */
function classTest(members: string, where: 'in' | 'not in'): (character: string) => boolean {
  const ranges = [...members.matchAll(/(.)-(.)|(.)/gsu)].map(
    ([, from, to, only]) => [from ?? only, to ?? only] as const,
  );
  const isIn = (character: string) => ranges.some(([from = '', to = '']) => character >= from && character <= to);
  return where === 'in' ? isIn : (character) => !isIn(character);
}

/** Greedy matching: a `*` takes as little as possible, and one more character when the rest does not match. Only the last `*` has to be extended. */
function matchesAll(wanted: readonly Token[], name: readonly string[]): boolean {
  let [at, next] = [0, 0];
  let star: { readonly next: number; taken: number } | null = null;
  while (at < name.length) {
    const token = wanted[next];
    if (token === '*') {
      star = { next: next + 1, taken: at };
      next += 1;
    } else if (token?.(name[at] ?? '') === true) {
      at += 1;
      next += 1;
    } else if (star !== null) {
      star.taken += 1;
      at = star.taken;
      next = star.next;
    } else return false;
  }
  return wanted.slice(next).every((token) => token === '*');
}

/** Whether a segment of a pattern has wildcards, classes or alternatives. */
export function isGlob(segment: string): boolean {
  return /[*?[{]/.test(segment);
}

/** The text of a glob before its first wildcard, class or alternative. */
export function fixedPrefix(glob: string): string {
  return glob.split(/[*?[{]/, 1)[0] ?? '';
}
