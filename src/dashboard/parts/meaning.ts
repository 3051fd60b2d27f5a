// Explanations of refusal reasons.

import { REFUSAL_REASONS } from '../../rows/refusal.ts';

const MEANINGS: ReadonlyMap<string, string> = new Map(Object.entries(REFUSAL_REASONS));

export const REASONS = [...MEANINGS.keys()];

/** Empty for a reason that another release recorded. */
export function meaningOf(reason: string): string {
  return MEANINGS.get(reason) ?? '';
}
