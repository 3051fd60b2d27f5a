// Messages for a view with nothing to run: when its next interval closes, and what is left out.

import type { EpochMs } from '../../core/instant.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import { hasIntervals } from '../../definition/view.ts';
import { OPEN_RUNS_MAX } from '../../plan/due.ts';
import type { LeftUnits } from '../../state/planning/planning.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { pauseReason } from '../failures.ts';
import { count, counted, localAndUtc, shortInstant } from '../format.ts';

/** `customer_orders: nothing is due; its next interval settles at …`. */
export function nothingDueSentence({ view, pause, frontier }: ViewOverview, next: EpochMs | null): Message {
  if (pause !== null)
    return text`${safe(view.name)} is paused: ${pauseReason(pause)}. Resume it with: ${command(`millrace resume ${view.name}`)}`;
  if (view.kind === 'pushed') return text`${safe(view.name)}: no pushed rows are waiting.`;
  if (!hasIntervals(view.kind)) return text`${safe(view.name)}: nothing is due.`;
  if (next === null)
    return text`${safe(view.name)}: nothing is due; the view ends at ${safe(shortInstant(frontier ?? view.start))}.`;
  return text`${safe(view.name)}: nothing is due; its next interval settles at ${safe(localAndUtc(next))}.`;
}

/** Due units that the plan had no room for. */
export function leftSentence({ view, units }: LeftUnits): string {
  const are = units === 1 ? 'is' : 'are';
  return `${view}: ${counted(units, 'more unit')} ${are} due and will be planned as these runs finish; a view can have at most ${count(OPEN_RUNS_MAX)} open runs.`;
}
