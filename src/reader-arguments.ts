// Checks of the library's arguments. Programs in JavaScript call it too, and a wrong type would fail far from its cause.

import { Failure } from './core/failure.ts';
import { type EpochMicros, epochMicrosOf } from './core/instant.ts';
import type { AsOf } from './offline/read-as-of.ts';
import type { EntityAt, Moment } from './reader-types.ts';

/** The entity ids. @throws Failure ARGUMENT_INVALID for an id that is not a string. */
export function requireEntityIds(ids: readonly string[]): readonly string[] {
  for (const [index, id] of ids.entries()) requireEntityId(`entityIds[${index}]`, id);
  return ids;
}

/** @throws Failure ARGUMENT_INVALID unless it is a string. */
export function requireEntityId(argument: string, id: unknown): string {
  if (typeof id === 'string') return id;
  throw invalid(argument, id, 'a string');
}

/** The pairs, with their times in microseconds. @throws Failure ARGUMENT_INVALID for a pair without a valid id and time. */
export function requirePairs(pairs: readonly EntityAt[]): readonly AsOf[] {
  return pairs.map((pair, index) => requirePair(pair, index));
}

/** @throws Failure ARGUMENT_INVALID */
export function requirePair({ entityId, at }: EntityAt, index: number, argument = 'pairs'): AsOf {
  requireEntityId(`${argument}[${index}].entityId`, entityId);
  const isTime = at instanceof Date ? !Number.isNaN(at.getTime()) : Number.isSafeInteger(at);
  if (isTime) return { entityId, at: microsOf(at) };
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
  if (found instanceof Date) return Number.isNaN(found.getTime()) ? 'an invalid Date' : 'a Date';
  if (typeof found === 'string') return 'a string';
  if (typeof found === 'object' && found !== null) return Array.isArray(found) ? 'an array' : 'an object';
  return `${typeof found === 'bigint' ? 'the bigint ' : ''}${String(found)}`;
}
