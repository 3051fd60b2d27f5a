// The feature types. To add one, add a file to this folder and a line to this list.

import { bool } from './bool.ts';
import { decimal } from './decimal.ts';
import type { FeatureTypeEntry } from './feature-type.ts';
import type { FileCast } from './file-cast.ts';
import { float } from './float.ts';
import { int } from './int.ts';
import { json } from './json.ts';
import { string } from './string.ts';
import { timestamp } from './timestamp.ts';
import { vector } from './vector.ts';

/** Name → the definition of the type, in the order of messages and the reference. */
export const FEATURE_TYPES = {
  float,
  int,
  decimal,
  string,
  bool,
  json,
  timestamp,
  vector,
} as const satisfies Record<string, FeatureTypeEntry<unknown>>;

type Entries = typeof FEATURE_TYPES;
export type FeatureTypeName = keyof Entries;

/** A type as written in a view: `float`, `vector(3)`. */
export type FeatureType = {
  [Name in FeatureTypeName]: Entries[Name]['parameters'] extends null
    ? Name
    : Parameterized<Name, Entries[Name]['parameters']>;
}[FeatureTypeName];

/** The type of a column of CSV and JSON files: `decimal(10,2)` too. */
export type FieldType =
  | FeatureType
  | { [Name in FeatureTypeName]: Parameterized<Name, Entries[Name]['fileParameters']> }[FeatureTypeName];

type Parameterized<Name extends string, Parameters> = Parameters extends { readonly spelling: infer Spelling }
  ? `${Name}(${Numbers<Spelling>})`
  : never;
/** `p,s` → `${number},${number}`. */
type Numbers<Spelling> = Spelling extends `${string},${infer Rest}` ? `${number},${Numbers<Rest>}` : `${number}`;

/** A value as readers get it; null if the feature has no value. */
export type FeatureValue = ReturnType<Entries[FeatureTypeName]['fromText']> | null;

/** The definition of a type. */
export function entryOf(type: FieldType): FeatureTypeEntry<FeatureValue> {
  // Called for each value read, so a type without parameters is looked up first.
  return ENTRIES[type] ?? FEATURE_TYPES[typeNameOf(type)];
}

/** The name of a type, without its parameters. */
export function typeNameOf(type: FieldType): FeatureTypeName {
  const [name = type] = type.split('(', 1);
  return name as FeatureTypeName; // by the definition of FieldType
}

const ENTRIES: Readonly<Record<string, FeatureTypeEntry<FeatureValue>>> = FEATURE_TYPES;

/** How a field of a CSV or JSON file becomes a value; null if its text is the value. */
export function fileCastOf(type: FieldType): FileCast | null {
  return entryOf(type).fileCast?.(numbersOf(type)) ?? null;
}

/** The parameters of a type: 10 and 2 of `decimal(10,2)`. */
export function numbersOf(type: string): number[] {
  // Not a regular expression: an unanchored one takes 40 s for 100,000 parentheses.
  const open = type.indexOf('(');
  if (open === -1 || !type.endsWith(')')) return [];
  return type
    .slice(open + 1, -1)
    .split(',')
    .map(Number);
}
