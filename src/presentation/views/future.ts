// The note of `status` about units that may have been read before their time: the clock of Postgres was ahead.

import { floorToUnit } from '../../core/interval.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { shortInstant } from '../format.ts';

/**
 * A note with the command that reads the units again; empty if nothing in the future is covered. It is not known when the clock was first
 * ahead: units that have ended by now may also have been read too early.
 */
export function futureNotes({ view, covered, now }: Pick<ViewOverview, 'view' | 'covered' | 'now'>): Message[] {
  if (covered.end === null || covered.end <= now) return [];
  const from = shortInstant(floorToUnit(now, view.unitMs));
  return [
    text`${safe(view.name)} is covered until ${safe(shortInstant(covered.end))}, which is in the future: the clock of Postgres was ahead, or is behind now. If it was ahead, the units that were read in that time may lack rows. Once it is right, restate all units that have ended since it was first ahead, at least with: ${command(`millrace restate ${view.name} --from ${from}`)}`,
  ];
}
