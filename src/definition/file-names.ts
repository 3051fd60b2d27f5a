// The names that a file pattern stands for, for servers that cannot list their files: {a,b} and [0-9] can be enumerated,
// wildcards cannot.

import { alternativesOf } from './file-pattern.ts';

/** The most names of one pattern and time. Each is a request. */
const NAMES_MAX = 1_000;

/** A character class, or one character. */
const TOKEN = /\[([!^]?)([^\]]+)\]|./gsu;

/** Why the names of a pattern cannot be enumerated, as a sentence without its subject; null if they can be. */
export function enumerationProblem(pattern: string): string | null {
  const tokens = [...pattern.matchAll(TOKEN)];
  const wildcard = tokens.find(([written, not = '']) => written === '*' || written === '?' || not !== '')?.[0];
  if (wildcard !== undefined) {
    return `has ${wildcard}, but HTTP servers cannot list files; expected full names, with {yyyy} {MM} {dd} {HH}, alternatives such as {a,b} or classes such as [0-9]`;
  }
  const count = alternativesOf(pattern).reduce((sum, one) => sum + countOf(one), 0);
  if (count <= NAMES_MAX) return null;
  return `expands to ${count} names, and each needs a request to the HTTP server; expected at most ${NAMES_MAX}`;
}

/** The names that a glob without wildcards stands for. Hidden or relative parts of paths, which no glob matches, are left out. */
export function namesOf(glob: string): readonly string[] {
  const names = alternativesOf(glob).flatMap((plain) =>
    charactersOf(plain).reduce<string[]>(
      (beginnings, characters) => beginnings.flatMap((beginning) => characters.map((one) => beginning + one)),
      [''],
    ),
  );
  const parts = glob.split('/').length;
  return [...new Set(names)].filter((name) => name.split('/').length === parts && !isRelative(name));
}

/** A URL would resolve them. */
function isRelative(name: string): boolean {
  return name.split('/').some((part) => part === '' || part === '.' || part === '..');
}

function countOf(plain: string): number {
  return charactersOf(plain).reduce((product, { length }) => product * length, 1);
}

/** The characters at each position. */
function charactersOf(plain: string): readonly (readonly string[])[] {
  return [...plain.matchAll(TOKEN)].map(([written, , members]) =>
    members === undefined ? [written] : membersOf(members),
  );
}

/** `0-9a_`: ranges and single characters. Of a longer range only the beginning, which is too long anyway. */
function membersOf(members: string): readonly string[] {
  const found = [...members.matchAll(/(.)-(.)|(.)/gsu)].flatMap(([, from, to, only]) => {
    const first = (from ?? only ?? '').codePointAt(0) ?? 0;
    const last = (to ?? only ?? '').codePointAt(0) ?? 0;
    const length = Math.min(NAMES_MAX + 1, Math.max(0, last - first + 1));
    return Array.from({ length }, (_, index) => String.fromCodePoint(first + index));
  });
  return [...new Set(found)];
}
