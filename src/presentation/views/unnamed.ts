// The note of `status` about a complete view whose newest snapshot stays behind its coverage.

import { command, type Message, safe, text } from '../../core/message.ts';
import { partsName } from '../../definition/declared/parts.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { counted, shortSpan, unitsIn } from '../format.ts';

const SPANS_NAMED = 10;

/** Empty if the newest covered unit is a complete snapshot. */
export function unnamedNotes({ view, unnamed }: Pick<ViewOverview, 'view' | 'unnamed'>): Message[] {
  if (view.complete === undefined || unnamed.count === 0) return [];
  // The rows of an incremental view are those of its parts.
  const of = view.incremental === true ? partsName(view) : view.name;
  const units = unitsIn(unnamed, view.unitMs);
  const named = unnamed.first.slice(0, SPANS_NAMED).map(shortSpan).join(', ');
  const have = units === 1 ? 'has' : 'have';
  const what = `${counted(units, 'unit')} (${named}) ${have} no rows, or ${have} refused rows with an unreadable entity`;
  return [
    text`${safe(view.name)}: ${safe(what)}, so entities missing from ${safe(units === 1 ? 'it' : 'them')} keep their values. To see the refused rows: ${command(`millrace quarantine ${of}`)}`,
  ];
}
