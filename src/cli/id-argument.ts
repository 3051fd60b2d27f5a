// The id of a run or a backfill, as an argument.

import { Failure } from '../core/failure.ts';

/** Where the ids of each kind are listed. */
const LISTED_BY = { run: 'millrace runs', backfill: 'millrace backfills --all' };

/** @throws Failure ARGUMENT_INVALID */
export function idArgument(text: string, of: keyof typeof LISTED_BY): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Failure(
    'ARGUMENT_INVALID',
    `"${text}" is no id of a ${of}: expected a number; "${LISTED_BY[of]}" lists them.`,
  );
}

/** The failure of an id that nothing has. */
export function unknownId(id: number, of: keyof typeof LISTED_BY): Failure {
  return new Failure('NOT_FOUND', `There is no ${of} ${id}: "${LISTED_BY[of]}" lists them.`);
}
