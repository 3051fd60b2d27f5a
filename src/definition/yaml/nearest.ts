// What somebody probably meant.

import { distance } from 'fastest-levenshtein';

/** Nothing that people name is longer, and the distance of long texts is costly. */
const WORD_LENGTH_MAX = 64;

/** The word of `words` that is nearest to `written`, or null where none is near enough to be a slip of the keyboard. */
export function nearestWord(written: string, words: readonly string[]): string | null {
  if (written.length > WORD_LENGTH_MAX) return null;
  const lower = written.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.floor(written.length / 3) + 2;
  for (const word of words) {
    const far = word.toLowerCase() === lower ? 0 : distance(lower, word.toLowerCase());
    if (far < bestDistance) {
      best = word;
      bestDistance = far;
    }
  }
  return best;
}

/** `; did you mean \`word\`?`, or nothing. */
export function didYouMean(written: string, words: readonly string[]): string {
  const word = nearestWord(written, words);
  return word === null ? '' : `; did you mean \`${word}\`?`;
}
