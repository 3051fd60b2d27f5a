// Checks of the library's arguments. Programs in JavaScript call it too, and a wrong type would fail far from its cause.

import { Failure } from './core/failure.ts';
import { type EpochMicros, epochMicrosOf } from './core/instant.ts';
import { type EntityKey, expectedKey, idOfKey } from './definition/entity.ts';
import type { FeatureView } from './definition/view.ts';
import type { CallOptions, EntityAt, Moment } from './reader-types.ts';

/** @throws Failure ARGUMENT_INVALID for an option that does not exist, which would have no effect. */
export function requireOptions(argument: string, options: unknown, known: readonly string[]): void {
  if (!isPlain(options) || options instanceof AbortSignal) {
    throw invalid(argument, options, `an object with ${either(known)}`);
  }
  const wrong = Object.keys(options).find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const message = `${argument} has the unknown option ${JSON.stringify(wrong)}; expected ${either(known)}.`;
  throw new Failure('ARGUMENT_INVALID', message, { argument });
}

function either(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(names);
}

/** The signal of a call. @throws Failure ARGUMENT_INVALID */
export function signalOf(options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined;
  requireOptions('options', options, ['signal']);
  const { signal } = options as CallOptions; // an object, which `requireOptions` has checked
  requireSignal('options.signal', signal);
  return signal;
}

/** @throws Failure ARGUMENT_INVALID */
export function requireSignal(argument: string, signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid(argument, signal, 'an AbortSignal');
}

/** @throws Failure ARGUMENT_INVALID */
export function requireList(argument: string, list: unknown, expected: string): void {
  if (!Array.isArray(list)) throw invalid(argument, list, `an array of ${expected}`);
}

/** @throws Failure ARGUMENT_INVALID unless it is an array of strings. */
export function requireNames(argument: string, names: unknown): void {
  requireList(argument, names, 'names');
  for (const [index, name] of (names as readonly unknown[]).entries()) requireName(`${argument}[${index}]`, name);
}

/** @throws Failure ARGUMENT_INVALID */
export function requireName(argument: string, name: unknown): void {
  if (typeof name !== 'string') throw invalid(argument, name, 'a string');
}

/** @throws Failure ARGUMENT_INVALID */
export function requireMilliseconds(argument: string, milliseconds: unknown): void {
  const isPositive = typeof milliseconds === 'number' && milliseconds > 0;
  if (!isPositive) throw invalid(argument, milliseconds, 'a positive number of milliseconds');
}

/** @throws Failure ARGUMENT_INVALID unless it can be iterated over. */
export function requireStream(argument: string, items: unknown): void {
  const isStream =
    typeof items === 'object' && items !== null && (Symbol.iterator in items || Symbol.asyncIterator in items);
  if (!isStream) throw invalid(argument, items, 'an iterable or async iterable of objects with entityId and at');
}

/** The keys of entities. @throws Failure ARGUMENT_INVALID for a key that is neither a string nor components. */
export function requireKeys(keys: readonly EntityKey[]): readonly EntityKey[] {
  requireList('entityIds', keys, 'entities');
  for (const [index, key] of keys.entries()) requireKey(`entityIds[${index}]`, key);
  return keys;
}

/** @throws Failure ARGUMENT_INVALID unless it is a string, or an object of strings. */
export function requireKey(argument: string, key: unknown): EntityKey {
  if (typeof key === 'string') return key;
  if (isComponents(key)) return key;
  throw invalid(argument, key, isPlain(key) ? 'an object of strings' : 'a string');
}

function isPlain(key: unknown): key is object {
  return typeof key === 'object' && key !== null && !Array.isArray(key) && !(key instanceof Date);
}

function isComponents(key: unknown): key is Exclude<EntityKey, string> {
  return isPlain(key) && Object.values(key).every((part) => typeof part === 'string');
}

/** The id of a key in a view. @throws Failure ARGUMENT_INVALID if the view has another entity. */
export function requireId(view: FeatureView, argument: string, key: EntityKey): string {
  const id = idOfKey(view, key);
  if (id !== null) return id;
  const found = typeof key === 'string' ? JSON.stringify(key) : `an object with ${Object.keys(key).join(', ')}`;
  const message = `${argument} is ${found}; expected ${expectedKey(view)}, the entity of ${view.name}.`;
  throw new Failure('ARGUMENT_INVALID', message, { argument });
}

/** A pair with its time in microseconds. */
export type AskedPair = { readonly key: EntityKey; readonly at: EpochMicros };

/** The pairs, with their times in microseconds. @throws Failure ARGUMENT_INVALID for a pair without a valid id and time. */
export function requirePairs(pairs: readonly EntityAt[]): readonly AskedPair[] {
  requireList('pairs', pairs, 'objects with entityId and at');
  return pairs.map((pair, index) => requirePair(pair, index));
}

/** The ids of a view in the pairs. @throws Failure ARGUMENT_INVALID */
export function idsIn(view: FeatureView, pairs: readonly AskedPair[]): string[] {
  return pairs.map(({ key }, index) => requireId(view, `pairs[${index}].entityId`, key));
}

/** @throws Failure ARGUMENT_INVALID */
export function requirePair(pair: EntityAt, index: number, argument = 'pairs'): AskedPair {
  if (!isPlain(pair)) throw invalid(`${argument}[${index}]`, pair, 'an object with entityId and at');
  const { entityId, at } = pair;
  const key = requireKey(`${argument}[${index}].entityId`, entityId);
  const isTime = at instanceof Date ? !Number.isNaN(at.getTime()) : Number.isSafeInteger(at);
  if (isTime) return { key, at: microsOf(at) };
  throw invalid(
    `${argument}[${index}].at`,
    at,
    'a Date, or whole microseconds since 1970 such as epochMicrosOf(date.getTime() * 1000)',
  );
}

export function microsOf(at: Moment): EpochMicros {
  return at instanceof Date ? epochMicrosOf(at.getTime() * 1_000) : at;
}

function invalid(argument: string, found: unknown, expected: string): Failure {
  return new Failure('ARGUMENT_INVALID', `${argument} is ${describe(found)}; expected ${expected}.`, { argument });
}

function describe(found: unknown): string {
  if (found instanceof AbortSignal) return 'an AbortSignal';
  if (found instanceof Date) return Number.isNaN(found.getTime()) ? 'an invalid Date' : 'a Date';
  if (typeof found === 'string') return 'a string';
  if (typeof found === 'object' && found !== null) return Array.isArray(found) ? 'an array' : 'an object';
  return `${typeof found === 'bigint' ? 'the bigint ' : ''}${String(found)}`;
}
