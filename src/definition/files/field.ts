// The types of values in definition files, as schemas.
//
// The error text of each schema says what was *expected*; shape.ts adds what was found and where. `title` is the name of the
// type on the reference page and in editors.

import { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';
import { type FeatureType, type FieldType, numbersOf } from '../../feature-types/index.ts';
import { featureSpellings, fileSpellings, type Spelling } from '../../feature-types/spelling.ts';
import { PARTS_MAX } from '../entity.ts';

/** Names of projects, views, features, jobs, entities, sources and tags. */
export const NAME_PATTERN = /^[a-z][a-z0-9_]{0,47}$/;

const NAME = 'a name: a lower-case letter, then at most 47 lower-case letters, digits or _';
const DURATION = 'a duration such as 30s, 5m, 1h or 1d';
const TIME_LIMIT = 'a duration such as 30s, 5m or 1h, at most 24d';
const TIME_LIMIT_MS_MAX = 24 * 86_400_000;
const SHARE = 'a share such as 1% or 0.01, at most 100%';
const DATE = 'a date such as 2026-09-01, or a time such as 2026-09-01T06:00:00Z';

function pattern(expression: RegExp, expected: string) {
  return z.string({ error: () => expected }).regex(expression, { error: () => expected });
}

export const text = () => z.string({ error: () => 'a string' }).meta({ title: 'string' });

export const name = () => pattern(NAME_PATTERN, NAME).meta({ title: 'name' });

/** A name, or the names of 2 to 5 components. entity-rules.ts checks the list. */
export const entity = () => {
  const error = () => `${NAME}; or a list of 2 to ${PARTS_MAX} names`;
  const parts = z.array(name(), { error }).min(1, { error }).max(PARTS_MAX, { error });
  return z.union([name(), parts], { error }).meta({ title: 'name or list' });
};

const DURATIONS = /^(?:\d{1,9}s|\d{1,7}m|\d{1,6}h|\d{1,5}d)$/;

export const duration = () => pattern(DURATIONS, DURATION).meta({ title: 'duration' });

/** A duration for servers and drivers, which count milliseconds in 31 bits: a few hours more than 24 days. */
export const timeLimit = () =>
  pattern(DURATIONS, TIME_LIMIT)
    .refine((text) => (parseDuration(text) ?? 0) <= TIME_LIMIT_MS_MAX, { error: () => TIME_LIMIT })
    .meta({ title: 'duration' });

/** A number of days, at least one. */
export const days = () => {
  const expected = 'a number of days such as 90d';
  return pattern(/^[1-9]\d{0,4}d$/, expected).meta({ title: 'days' });
};

export function share() {
  const error = () => SHARE;
  const percent = pattern(/^(?:100(?:\.0{1,6})?|\d{1,2}(?:\.\d{1,6})?)%$/, SHARE);
  return z
    .union([z.number({ error }).min(0, { error }).max(1, { error }), percent], { error })
    .meta({ title: 'share' });
}

export const date = () =>
  pattern(/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?$/, DATE).meta({ title: 'date' });

export const yesNo = () => z.boolean({ error: () => 'true or false' }).meta({ title: 'true or false' });

export const number = () => z.number({ error: () => 'a number' }).meta({ title: 'number' });

export function whole(min: number, max: number) {
  const error = () => `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error }).meta({ title: 'whole number' });
}

/** One of a fixed set of words, which the error lists. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: () => `one of ${words.join(', ')}` }).meta({ title: words.join(' | ') });
}

/** The number of elements of a list. */
type Bounds = { readonly min: 0 | 1; readonly max: number };

export function list<Element extends z.ZodType>(element: Element, title: string, { min, max }: Bounds) {
  const error = () => `a list of ${min} to ${max} elements`;
  return z
    .array(element, { error: () => 'a list' })
    .min(min, { error })
    .max(max, { error })
    .meta({ title });
}

export function record<Value extends z.ZodType>(key: z.ZodString, value: Value, title: string) {
  return z.record(key, value, { error: () => 'a map' }).meta({ title });
}

/** A map with exactly these keys. The error of an unknown key lists the known ones. */
export function map<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = `one of ${Object.keys(shape).join(', ')}`;
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : 'a map') });
}

/** A string that is not blank. */
export const someText = (expected: string) => pattern(/\S/, expected).meta({ title: 'string' });

/** The path of a value in a JSON document: `$.data`, `$.result.items`. */
export const jsonPath = () => pattern(/^\$(?:\.[^\s.$"'[\]]+)+$/, 'a path such as $.data').meta({ title: 'path' });

export const prefix = () =>
  pattern(/^[A-Za-z0-9_.{}-]{1,48}$/, 'a prefix of at most 48 letters, digits or _ . - { }').meta({ title: 'prefix' });

/** The type of a feature: `float`, `vector(3)`. */
export function featureType() {
  const spellings = featureSpellings();
  const expected = `one of ${spellings.map(({ text }) => text).join(', ')}`;
  const error = () => expected;
  const plain = spellings.filter(({ parameters }) => parameters === null).map(({ name }) => name);
  const schema = z
    .union([z.enum(plain, { error }), ...parameterized(spellings, expected)], { error })
    .meta({ title: 'type' });
  return schema as z.ZodType<FeatureType, string>; // it accepts nothing else
}

/** A string that `fieldType` accepts, which may have a space, as a type. */
export function fieldTypeOf(text: string): FieldType {
  return text.replace(' ', '') as FieldType; // the schema accepts nothing else
}

/** The type of a column of CSV and JSON files: `decimal(10,2)` too. */
export function fieldType() {
  const spellings = fileSpellings();
  const expected = `one of ${[...featureSpellings(), ...spellings].map(({ text }) => text).join(', ')}`;
  return z
    .union([featureType(), ...parameterized(spellings, expected)], { error: () => expected })
    .meta({ title: 'type' });
}

function parameterized(spellings: readonly Spelling[], expected: string) {
  return spellings.flatMap(({ name, parameters }) => {
    if (parameters === null) return [];
    const { pattern: inner, areSound } = parameters;
    const written = new RegExp(`^${name}\\(${inner.source}\\)$`);
    return [pattern(written, expected).refine((text) => areSound(numbersOf(text)), { error: () => expected })];
  });
}
