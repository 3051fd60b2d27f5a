// The notes of `status` about units that had rows and have none now.

import { command, type Message, safe, text } from '../../core/message.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { counted, shortInstant, shortSpan, unitsIn } from '../format.ts';

const SPANS_NAMED = 10;

/** A note that names the spans, with the command that confirms the first; empty if no unit was emptied. */
export function emptiedNotes({ view, emptied }: Pick<ViewOverview, 'view' | 'emptied'>): Message[] {
  const [first] = emptied.first;
  if (first === undefined) return [];
  const units = unitsIn(emptied, view.unitMs);
  const named = emptied.first.slice(0, SPANS_NAMED).map(shortSpan).join(', ');
  const more = emptied.count > SPANS_NAMED ? ` and ${counted(emptied.count - SPANS_NAMED, 'more span')}` : '';
  const had = `${counted(units, 'unit')} had rows and now ${units === 1 ? 'has' : 'have'} none`;
  const it = units === 1 ? 'it' : 'them';
  // One span at a time: a range over all of them would also read the spans between again, and could remove their rows.
  const each = emptied.count === 1 ? '' : ', one span at a time,';
  const range = `--from ${shortInstant(first.start)} --to ${shortInstant(first.end)}`;
  return [
    text`${safe(`${view.name}: ${had}: ${named}${more}`)}. If this is unexpected, fix the source and restate ${safe(it)}. If it is expected, confirm it${safe(each)} with: ${command(`millrace restate ${view.name} ${range} --allow-removals`)}`,
  ];
}
