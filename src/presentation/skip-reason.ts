// Why time of a view was skipped, as its event records it.

import type { SkipNote } from '../state/events.ts';

export function skipReason({ kind, facts }: SkipNote): string {
  return kind === 'catch_up' ? `catch_up: ${facts.catchUp}` : facts.text;
}
