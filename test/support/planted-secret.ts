// Failures that quote values: each failure code in each wording, each with its own value, so a leak names its code and wording.
// plant-secrets.ts stores them.

import { FAILURES, type FailureCode } from '../../src/core/failure.ts';
import { type Message, textOf } from '../../src/core/message.ts';
import { RUNS_ALL } from './sample.ts';

/** Wordings of a message: ours as typed parts, and those of an earlier release, all of which may quote data. */
const WORDINGS: readonly ((secret: string) => string | Message)[] = [
  (secret) => [{ text: 'BUG: run 7 with SOURCE_QUERY: ' }, { value: secret }, { text: ' is not a number' }],
  (secret) => `the value "${secret}" is not a number`,
  (secret) => `BUG: run 7 with SOURCE_QUERY: ${secret}`,
  (secret) => secret,
  (secret) => `${secret} (millrace runs show 7). Run 7 of scores hit a bug in Millrace: ${secret}.`,
];

export type Planted = {
  /** The number of the combination. */
  readonly place: number;
  readonly code: FailureCode;
  readonly wording: string | Message;
  readonly text: string;
};

export const CODES = Object.keys(FAILURES) as readonly FailureCode[]; // of the object itself

/** Each failure code in each wording. */
export const PLANTED: readonly Planted[] = CODES.flatMap((code) =>
  WORDINGS.map((wording, index) => ({ code, said: wording(`ada.${code}.${index}@example.org`) })),
).map(({ code, said }, place) => ({
  place,
  code,
  wording: said,
  text: typeof said === 'string' ? said : textOf(said),
}));

/** A code in all wordings. */
export function ofCode(code: FailureCode): readonly Planted[] {
  return PLANTED.filter((one) => one.code === code);
}

/** In `npm test`, what is too slow for all of them uses these codes. */
const SAMPLE: readonly FailureCode[] = ['BUG', 'SOURCE_QUERY', 'FILE_BROKEN'];
export const SAMPLED_CODES = RUNS_ALL ? CODES : SAMPLE;
export const SAMPLED = PLANTED.filter(({ code }) => SAMPLED_CODES.includes(code));

/** The codes and wordings of the values that a text contains, each once: `BUG.2`. */
export function secretsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/ada\.([A-Z_]+\.\d)@example\.org/g)].map(([, found]) => found ?? ''))].sort();
}

export function secretOf({ text }: Planted): string {
  return secretsIn(text)[0] ?? '';
}

/** All of them. */
export const SECRETS = PLANTED.map(secretOf).sort();

/** Names and ids of what `plantSecrets` adds for a combination; views have the id of their run. */
export const planted = {
  /** Its failed run, held day and backfill, which the circuit paused. */
  failed: ({ place }: Planted) => ({ view: `failed_${place}`, id: 2_000 + place }),
  /** An open run that waits. */
  waiting: ({ place }: Planted) => ({ view: `waiting_${place}`, id: 3_000 + place }),
  /** Paused by its circuit breaker. */
  paused: ({ place }: Planted) => ({ view: `paused_${place}`, id: 4_000 + place }),
  /** One view with a failed run, a refused row and a chunk of its backfill for each combination. */
  many: { view: 'many', backfill: 1_000, run: ({ place }: Planted) => 1_000 + place },
  /** One view with a committed run for each combination. */
  stored: { view: 'stored', id: 5_000, run: ({ place }: Planted) => 5_000 + place },
};
