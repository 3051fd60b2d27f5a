// Checks of the library's arguments. Programs in JavaScript call it too, and a wrong type would fail far from its cause.

import { Failure } from './core/failure.ts';
import type { AsOf } from './offline/read-as-of.ts';

/** The entity ids. @throws Failure ARGUMENT_INVALID for one that is not a text. */
export function requireEntityIds(ids: readonly string[]): readonly string[] {
  for (const [index, id] of ids.entries()) {
    if (typeof id !== 'string') throw invalid(`entityIds[${index}]`, id, 'a text');
  }
  return ids;
}

/** The pairs. @throws Failure ARGUMENT_INVALID for one without a text and a count of microseconds. */
export function requirePairs(pairs: readonly AsOf[]): readonly AsOf[] {
  for (const [index, { entityId, at }] of pairs.entries()) {
    if (typeof entityId !== 'string') throw invalid(`pairs[${index}].entityId`, entityId, 'a text');
    if (Number.isSafeInteger(at)) continue;
    throw invalid(
      `pairs[${index}].at`,
      at,
      'whole microseconds since 1970, such as epochMicrosOf(date.getTime() * 1000)',
    );
  }
  return pairs;
}

function invalid(argument: string, found: unknown, expected: string): Failure {
  return new Failure('ARGUMENT_INVALID', `${argument} is ${describe(found)}; expected ${expected}.`, { argument });
}

function describe(found: unknown): string {
  if (found instanceof Date) return 'a Date';
  if (typeof found === 'string') return 'a text';
  if (typeof found === 'object' && found !== null) return Array.isArray(found) ? 'an array' : 'an object';
  return `${typeof found === 'bigint' ? 'the bigint ' : ''}${String(found)}`;
}
