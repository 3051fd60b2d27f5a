// What the reasons of refused rows mean, for people.

import { REFUSAL_REASONS } from '../../rows/refusal.ts';

const MEANINGS: ReadonlyMap<string, string> = new Map(Object.entries(REFUSAL_REASONS));

export const REASONS = [...MEANINGS.keys()];

/** Nothing where a release before or after this one has kept it. */
export function meaningOf(reason: string): string {
  return MEANINGS.get(reason) ?? '';
}
