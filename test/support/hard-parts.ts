// Parts of composite entities that are hard to join: empty, with the separator, with backslashes, and in any script.

import fc from 'fast-check';

export const HARD_PARTS = [
  '',
  '|',
  '||',
  '\\',
  '\\\\',
  '\\|',
  '|\\',
  'a|b',
  'a\\|b',
  '\\N',
  "o'clock",
  'é|ü',
  '東京',
  '🛒',
  ' ',
];

/** Any text without control characters. */
export const part = fc.oneof(
  fc.constantFrom(...HARD_PARTS),
  fc.string({ unit: fc.constantFrom('|', '\\', 'a', 'N', "'", '"', '%', 'é', '🛒'), maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/\p{Cc}/u.test(text)),
);

/** 2 to 5 parts. */
export const parts = fc.array(part, { minLength: 2, maxLength: 5 });
