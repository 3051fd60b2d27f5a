// The names of types as written in files, for schemas, messages and the reference.

import type { FeatureTypeEntry, TypeParameters } from './feature-type.ts';
import { FEATURE_TYPES } from './index.ts';

export type Spelling = {
  /** `float`, `vector(n)`. */
  readonly text: string;
  readonly name: string;
  readonly parameters: TypeParameters | null;
  readonly entry: FeatureTypeEntry<unknown>;
};

/** The types that views can use. */
export function featureSpellings(): Spelling[] {
  return entries().map(([name, entry]) => spelling(name, entry, entry.parameters));
}

/** Those that only columns of CSV and JSON files may have: `decimal(p,s)`. */
export function fileSpellings(): Spelling[] {
  return entries()
    .filter(([, { fileParameters }]) => fileParameters !== null)
    .map(([name, entry]) => spelling(name, entry, entry.fileParameters));
}

/** The types that allow `min` and `max`. */
export function limitedTypes(): string[] {
  return featureSpellings().flatMap(({ text, entry }) => (entry.extremes === 'limited' ? [text] : []));
}

/** `a float`, `an int`: a value of the type, in a sentence. */
export function withArticle(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

function entries(): [string, FeatureTypeEntry<unknown>][] {
  return Object.entries(FEATURE_TYPES);
}

function spelling(name: string, entry: FeatureTypeEntry<unknown>, parameters: TypeParameters | null): Spelling {
  return { text: parameters === null ? name : `${name}(${parameters.spelling})`, name, parameters, entry };
}
