// Ranges of time in requests.

import { Failure } from '../core/failure.ts';
import { text } from '../core/message.ts';
import type { TimeRange } from '../state/planning/planning.ts';

/** @throws Failure ARGUMENT_INVALID */
export function requireForwards({ from, to }: TimeRange): void {
  if (from === null || to === null || from < to) return;
  throw new Failure('ARGUMENT_INVALID', text`The range is empty: from must be before to.`);
}

/** As data for an audit row. */
export function rangeFacts({ from, to }: TimeRange): { readonly from: string | null; readonly to: string | null } {
  const iso = (instant: TimeRange['from']) => (instant === null ? null : new Date(instant).toISOString());
  return { from: iso(from), to: iso(to) };
}
