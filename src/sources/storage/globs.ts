// Globs over the names of an object store, which has no folders: which prefixes to list, and which names match.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { enumerationProblem, namesOf } from '../../definition/file-names.ts';
import { fixedPrefix, isGlob, segmentMatcher } from './file-pattern.ts';
import type { Listing, ObjectStore } from './object-store.ts';

/** If there are more listings, those with common prefixes are merged. */
const LISTINGS_MAX = 32;

/** Listings that include all matches: the prefix before the first wildcard of each glob, and no deeper than needed. */
export function listingsOf(globs: readonly string[], narrowing: ObjectStore['narrowing']): readonly Listing[] {
  if (narrowing === 'name') return namedListings(globs);
  const listings = new Map<string, Listing>();
  for (const glob of globs) {
    const fixed = fixedPrefix(glob);
    const prefix = narrowing === 'prefix' ? fixed : folderOf(fixed);
    const rest = glob.slice(prefix.length);
    const depth = rest.includes('/') || rest.startsWith('**') ? 'all' : 'folder';
    if (listings.get(prefix)?.depth !== 'all') listings.set(prefix, { prefix, depth });
  }
  // Folders are not merged, because a common parent folder may have far more files.
  return narrowing === 'prefix' ? joined([...listings.values()]) : [...listings.values()];
}

/** One for each name that the globs stand for. @throws Failure DEFINITION_INVALID for a glob with wildcards. */
function namedListings(globs: readonly string[]): readonly Listing[] {
  for (const glob of globs) {
    const problem = enumerationProblem(glob);
    if (problem === null) continue;
    const what = text`The file pattern ${safe(JSON.stringify(glob))} ${safe(problem)}.`;
    throw new Failure('DEFINITION_INVALID', what, { pattern: glob });
  }
  return [...new Set(globs.flatMap(namesOf))].map((prefix) => ({ prefix, depth: 'folder' }));
}

function folderOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf('/') + 1);
}

/** At most LISTINGS_MAX: merges adjacent prefixes, those with most in common first. */
function joined(listings: readonly Listing[]): readonly Listing[] {
  if (listings.length <= LISTINGS_MAX) return listings;
  const sorted = listings.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
  const common = sorted.map(({ prefix }, index) => commonPrefix(sorted[index - 1]?.prefix ?? '', prefix).length);
  // Groups are split where adjacent prefixes have least in common. The first prefix always starts a group.
  const cuts = new Set(
    common
      .map((length, index) => ({ length, index }))
      .slice(1)
      .sort((a, b) => a.length - b.length)
      .slice(0, LISTINGS_MAX - 1)
      .map(({ index }) => index),
  );
  const groups: Listing[][] = [];
  for (const [index, listing] of sorted.entries()) {
    if (index === 0 || cuts.has(index)) groups.push([]);
    groups.at(-1)?.push(listing);
  }
  return groups.map(joinedGroup);
}

function joinedGroup(group: readonly Listing[]): Listing {
  const [first] = group;
  if (first !== undefined && group.length === 1) return first;
  const prefix = group.map((one) => one.prefix).reduce(commonPrefix);
  const isFlat = group.every((one) => one.depth === 'folder' && !one.prefix.slice(prefix.length).includes('/'));
  return { prefix, depth: isFlat ? 'folder' : 'all' };
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}

/** Which of the globs a name matches. Only globs with a matching prefix are tried, so many globs cost little more than one. */
export function globsMatching(globs: readonly string[]): (name: string) => readonly string[] {
  const beginning = new Map<string, { readonly glob: string; readonly isMatch: (name: string) => boolean }[]>();
  for (const glob of new Set(globs)) {
    const prefix = fixedPrefix(glob);
    const alike = beginning.get(prefix) ?? [];
    alike.push({ glob, isMatch: matcher(glob) });
    beginning.set(prefix, alike);
  }
  const lengths = [...new Set([...beginning.keys()].map((prefix) => prefix.length))];
  return (name) =>
    lengths
      .flatMap((length) => beginning.get(name.slice(0, length)) ?? [])
      .filter(({ isMatch }) => isMatch(name))
      .map(({ glob }) => glob);
}

/** Whether a name matches the glob, with the rules of a local folder. */
export function matcher(glob: string): (name: string) => boolean {
  if (!isGlob(glob)) return (name) => name === glob;
  const segments = glob.split('/').map((segment) => (segment === '**' ? null : segmentMatcher(segment)));
  return (name) => matchesSegments(segments, name.split('/'));
}

/** Each segment matches one name; null is `**`, which matches any folders that are not hidden. */
function matchesSegments(segments: readonly (((name: string) => boolean) | null)[], parts: readonly string[]): boolean {
  // Failed positions are remembered: without that, several `**` would take exponential time.
  const failed = new Set<number>();
  const matchesFrom = (part: number, segment: number): boolean => {
    const isMatch = segments[segment];
    const text = parts[part];
    if (isMatch === undefined) return part === parts.length;
    if (isMatch !== null) return text !== undefined && isMatch(text) && matchesFrom(part + 1, segment + 1);
    const place = part * segments.length + segment;
    if (failed.has(place)) return false;
    const isLonger = () => part < parts.length - 1 && !/^[._]/.test(text ?? '') && matchesFrom(part + 1, segment);
    const found = matchesFrom(part, segment + 1) || isLonger();
    if (!found) failed.add(place);
    return found;
  };
  return matchesFrom(0, 0);
}
