// Suggestions for misspelled words.

import { distance } from 'fastest-levenshtein';

/** Names are shorter, and computing the distance of long strings is slow. */
const WORD_LENGTH_MAX = 64;

/** The word of `words` that is nearest to `written`, or null if none is close enough to be a typo. */
export function nearestWord(written: string, words: readonly string[]): string | null {
  if (written.length > WORD_LENGTH_MAX) return null;
  let best: string | null = null;
  let bestTypos = Number.POSITIVE_INFINITY;
  for (const word of words) {
    const typos = typosBetween(written.toLowerCase(), word.toLowerCase());
    if (typos >= bestTypos || typos > typosMax(word)) continue;
    best = word;
    bestTypos = typos;
  }
  return best;
}

/** One typo in a word of up to five letters, two up to eight, three in a longer one: more would be another word. */
function typosMax({ length }: string): number {
  return length < 6 ? 1 : length < 9 ? 2 : 3;
}

/** Letters inserted, left out or replaced. Letters in another order, as in `tyep`, are one typo. */
function typosBetween(written: string, word: string): number {
  const typos = distance(written, word);
  return typos === 2 && sorted(written) === sorted(word) ? 1 : typos;
}

function sorted(word: string): string {
  return [...word].sort().join('');
}

/** `; did you mean \`word\`?`, or an empty string. */
export function didYouMean(written: string, words: readonly string[]): string {
  const word = nearestWord(written, words);
  return word === null ? '' : `; did you mean \`${word}\`?`;
}
