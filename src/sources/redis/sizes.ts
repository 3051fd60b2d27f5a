// Limits the memory for values, whose sizes are known before they are fetched: Redis holds values of up to 512 MB.

import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { FoundKey } from './keys.ts';

/** The most bytes of the values of one key. */
const KEY_BYTES_MAX = 16_777_216;
/** The most bytes that are fetched in one exchange. */
const EXCHANGE_BYTES_MAX = KEY_BYTES_MAX;
const MEGABYTE = 1_048_576;

export type SizedKey = { readonly found: FoundKey; readonly bytes: number };

/** The keys in groups that can be fetched together, in order. @throws Failure SOURCE_SHAPE for a key that is too large. */
export function exchangesOf(
  { view, label }: { readonly view: FeatureView; readonly label: string },
  keys: readonly SizedKey[],
): readonly (readonly FoundKey[])[] {
  const groups: FoundKey[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const { found, bytes } of keys) {
    if (bytes > KEY_BYTES_MAX) throw tooLarge(view, label, found, bytes);
    if (size + bytes > EXCHANGE_BYTES_MAX) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(found);
    size += bytes;
  }
  return groups;
}

function tooLarge({ name }: FeatureView, label: string, { key }: FoundKey, bytes: number): Failure {
  const [found, most] = [Math.ceil(bytes / MEGABYTE), KEY_BYTES_MAX / MEGABYTE];
  return new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(name)}: key ${value(key)} of ${safe(label)} is ${safe(found)} MB; expected at most ${safe(most)} MB. Change \`keys\` so that the pattern does not match this key, or store a smaller value.`,
    { view: name },
  );
}
