// The note of `status` about units that were read before their time: the clock of Postgres was ahead.

import { floorToUnit } from '../../core/interval.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { shortInstant } from '../format.ts';

/** A note with the command that reads the units again; empty if nothing in the future is covered. */
export function futureNotes({ view, covered, now }: Pick<ViewOverview, 'view' | 'covered' | 'now'>): Message[] {
  if (covered.end === null || covered.end <= now) return [];
  const from = shortInstant(floorToUnit(now, view.unitMs));
  return [
    text`${safe(view.name)} is covered until ${safe(shortInstant(covered.end))}, which is in the future, so units were read before all of their rows existed: the clock of Postgres was ahead, or is behind. Once it is right, read them again with: ${command(`millrace restate ${view.name} --from ${from}`)}`,
  ];
}
