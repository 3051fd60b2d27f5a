// Ids of runs and backfills as arguments.

import { Failure } from '../core/failure.ts';
import { command, safe, text, value } from '../core/message.ts';

/** The commands that list the ids. */
const LISTED_BY = { run: 'millrace runs', backfill: 'millrace backfills --all' };

/** @throws Failure ARGUMENT_INVALID */
export function idArgument(given: string, of: keyof typeof LISTED_BY): number {
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new Failure(
    'ARGUMENT_INVALID',
    text`"${value(given)}" is not a ${safe(of)} id: expected a number. To list ids, run "${command(LISTED_BY[of])}".`,
  );
}

/** The failure for an id that does not exist. */
export function unknownId(id: number, of: keyof typeof LISTED_BY): Failure {
  return new Failure(
    'NOT_FOUND',
    text`There is no ${safe(of)} ${safe(id)}. To list ids, run "${command(LISTED_BY[of])}".`,
  );
}
