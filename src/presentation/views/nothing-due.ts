// What to say of a view that has nothing to run: when it will have, and what a person may do about the rest.

import type { EpochMs } from '../../core/instant.ts';
import { command, type Message, safe, text, textOf } from '../../core/message.ts';
import { OPEN_RUNS_MAX } from '../../plan/due.ts';
import type { LeftUnits } from '../../state/planning/planning.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { failureOf, pauseReason } from '../failures.ts';
import { count, counted, localAndUtc, shortInstant, unitsIn } from '../format.ts';

/** `customer_orders: nothing is due; its next interval closes at …`. */
export function nothingDueSentence({ view, pause, frontier }: ViewOverview, next: EpochMs | null): string {
  if (pause !== null) return `${view.name} is paused: ${textOf(pauseReason(pause))}.`;
  if (view.kind === 'latest') return `${view.name}: nothing is due.`;
  if (next === null)
    return `${view.name}: nothing is due, and its time has ended (end: ${shortInstant(frontier ?? view.start)}).`;
  return `${view.name}: nothing is due; its next interval closes at ${localAndUtc(next)}.`;
}

/** What a plan had no room for, and what becomes of it. */
export function leftSentence({ view, units }: LeftUnits): string {
  const are = units === 1 ? 'is' : 'are';
  return `${view}: ${counted(units, 'more unit')} ${are} due and will be planned as these runs close: a view has at most ${count(OPEN_RUNS_MAX)} open runs.`;
}

/** What is held, why, and how to let it run again. */
export function heldSentence({ view, held, lastFailure, isHeldByLastFailure }: ViewOverview): Message {
  const units = unitsIn(held, view.unitMs);
  const [first] = held.first;
  if (first === undefined || held.end === null) return text`${safe(view.name)} holds nothing.`;
  const because =
    lastFailure === null ? [] : text`, because run ${safe(lastFailure.id)} failed with ${failureOf(lastFailure)}`;
  const range = `--from ${shortInstant(first.start)} --to ${shortInstant(held.end)}`;
  const remedy =
    lastFailure !== null && isHeldByLastFailure
      ? `millrace retry ${lastFailure.id}`
      : `millrace backfill ${view.name} --mode failed ${range}`;
  const are = `${counted(units, 'unit')} ${units === 1 ? 'is' : 'are'}`;
  return text`${safe(view.name)}: ${safe(are)} held${because}; mend the cause, then: ${command(remedy)}`;
}
