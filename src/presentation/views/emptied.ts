// What status says of units that held rows and hold none now.

import { command, type Message, safe, text } from '../../core/message.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { counted, shortInstant, shortSpan, unitsIn } from '../format.ts';

const SPANS_NAMED = 10;

/** Two sentences that name the spans, and the command that confirms the first of them; none where there are none. */
export function emptiedNotes({ view, emptied }: Pick<ViewOverview, 'view' | 'emptied'>): Message[] {
  const [first] = emptied.first;
  if (first === undefined) return [];
  const units = unitsIn(emptied, view.unitMs);
  const named = emptied.first.slice(0, SPANS_NAMED).map(shortSpan).join(', ');
  const more = emptied.count > SPANS_NAMED ? ` and ${counted(emptied.count - SPANS_NAMED, 'more span')}` : '';
  const held = `${counted(units, 'unit')} held rows and now ${units === 1 ? 'holds' : 'hold'} none`;
  const it = units === 1 ? 'it' : 'them';
  // Not for all spans at once: those between them would be read again, and their rows could go, too.
  const each = emptied.count === 1 ? '' : ', one span at a time,';
  const range = `--from ${shortInstant(first.start)} --to ${shortInstant(first.end)}`;
  return [
    text`${safe(`${view.name}: ${held}: ${named}${more}`)}. If that is wrong, fix the source and restate ${safe(it)}; if it is right, confirm it${safe(each)} with: ${command(`millrace restate ${view.name} ${range} --allow-removals`)}`,
  ];
}
