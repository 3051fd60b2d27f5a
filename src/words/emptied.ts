// What status says of units that held rows and hold none now.

import type { ViewOverview } from '../state/overview.ts';
import { counted, shortInstant, shortSpan, unitsOf } from './format.ts';

const SPANS_NAMED = 10;

/** One sentence that names the spans; none where there are none. */
export function emptiedNotes({ view, emptied }: Pick<ViewOverview, 'view' | 'emptied'>): string[] {
  const [first, last] = [emptied[0], emptied.at(-1)];
  if (first === undefined || last === undefined) return [];
  const units = unitsOf(emptied, view.unitMs);
  const named = emptied.slice(0, SPANS_NAMED).map(shortSpan).join(', ');
  const more = emptied.length > SPANS_NAMED ? ` and ${counted(emptied.length - SPANS_NAMED, 'more span')}` : '';
  const range = `--from ${shortInstant(first.start)} --to ${shortInstant(last.end)}`;
  const they = units === 1 ? 'it held rows and now holds' : 'they held rows and now hold';
  return [
    `${view.name}: ${counted(units, 'unit')} lost all rows, ${named}${more}: ${they} none; check the source, then confirm or read again with: millrace restate ${view.name} ${range} --allow-removals`,
  ];
}
