// What is held, why, and the command that releases it.

import { command, joined, type Message, safe, text } from '../../core/message.ts';
import type { HeldCause } from '../../state/queries/held-causes.ts';
import { waitingMs } from '../../state/queries/outage.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { failureOf } from '../failures.ts';
import { count, counted, shortInstant, unitsIn } from '../format.ts';
import { outageText } from './outage.ts';

type Held = Pick<
  ViewOverview,
  'view' | 'held' | 'heldCauses' | 'outages' | 'lastFailure' | 'isHeldByLastFailure' | 'now'
>;

/** One clause for each source that is waited for. `spend: 3 units are held: FILE_BROKEN 1, SOURCE_SHAPE 1, ROWS_REFUSED 1; fix the causes, then run: …`. */
export function heldSentence(status: Held): Message {
  const { view, held, outages, heldCauses } = status;
  if (held.first.length === 0 || held.end === null) return text`${safe(view.name)}: nothing is held.`;
  const units = unitsIn(held, view.unitMs);
  const are = `${counted(units, 'unit')} ${units === 1 ? 'is' : 'are'}`;
  const begin = text`${safe(view.name)}: ${safe(are)} held${whyHeld(status)}`;
  const waits = outages.map((outage) => outageText(status, outage));
  if (waits.length > 0 && waitingMs(outages) >= held.ms) return joined([begin, ...waits], '; ');
  const fix = heldCauses.length > 1 ? 'fix the causes, then run:' : 'fix the cause, then run:';
  return joined([begin, ...waits, text`${safe(fix)} ${command(remedy(status))}`], '; ');
}

/** ` because run 7 failed with …` for one code, else the number of units of each. */
function whyHeld({ view, lastFailure, heldCauses }: Held): Message {
  const [cause, second] = heldCauses;
  if (cause === undefined) return [];
  if (second === undefined && lastFailure?.id === cause.run)
    return text` because ${failedText(cause, lastFailure.id, failureOf(lastFailure))}`;
  return safe(`: ${causesText(heldCauses, view.unitMs)}`);
}

/** `run 7 failed with …`; `several runs failed, most recently run 7 with …` if one run does not explain all of the time. */
export function failedText(cause: HeldCause | undefined, run: number, error: Message): Message {
  return (cause?.runs ?? 1) > 1
    ? text`several runs failed, most recently run ${safe(run)} with ${error}`
    : text`run ${safe(run)} failed with ${error}`;
}

const CAUSES_SHOWN = 6;

/** `FILE_BROKEN 1, SOURCE_SHAPE 1`: the number of units by failure code. */
export function causesText(causes: readonly HeldCause[], unitMs: number): string {
  const shown = causes.slice(0, CAUSES_SHOWN).map((cause) => `${cause.code} ${count(unitsIn(cause, unitMs))}`);
  const more = causes.length - CAUSES_SHOWN;
  return `${shown.join(', ')}${more > 0 ? ` and ${counted(more, 'more cause')}` : ''}`;
}

function remedy({ view, held, lastFailure, isHeldByLastFailure }: Held): string {
  if (lastFailure !== null && isHeldByLastFailure) return `millrace retry ${lastFailure.id}`;
  const [from, to] = [held.first[0]?.start ?? view.start, held.end ?? view.start];
  return `millrace backfill ${view.name} --mode failed --from ${shortInstant(from)} --to ${shortInstant(to)}`;
}
