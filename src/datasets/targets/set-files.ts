// The files of a set before it appears: those of its receipt, and what earlier builds left at the same location.

import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import type { Receipt } from '../receipt.ts';

/** A part, in its folder, also one whose upload was interrupted. */
const PART = /^(?:(?:day|month|year)=[\d-]+\/)?part-\d{5}\.\w+(?:\.part)?$/;

/**
 * Pure: the parts that are there and that the receipt does not have. `found` is the size of each file by its name; programs
 * that read a folder skip names that begin with a dot or underscore, and so does this.
 *
 * @throws Failure ARGUMENT_INVALID where a part of the receipt is not there as it was made, or another file is there.
 */
export function leftoverParts(place: string, { parts }: Receipt, found: ReadonlyMap<string, number>): string[] {
  for (const { file, bytes } of parts) {
    if (found.get(file) === bytes) continue;
    const what = found.has(file) ? `has ${found.get(file)} bytes instead of ${bytes}` : 'is missing';
    throw new Failure(
      'ARGUMENT_INVALID',
      text`${value(place)} was changed while the training set was built: ${safe(file)} ${safe(what)}. Make sure that nothing else writes there, then run the command again to resume the build.`,
    );
  }
  const known = new Set(parts.map(({ file }) => file));
  const others = [...found.keys()].filter((name) => !known.has(name) && !/(?:^|\/)[._][^/]*$/.test(name));
  const foreign = others.find((name) => !PART.test(name));
  if (foreign === undefined) return others;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${value(place)} contains ${value(foreign)}, which is not part of the training set: remove it, then run the command again to finish the build.`,
  );
}
