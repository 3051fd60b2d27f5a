// The table of status: a row per view, those that need somebody first, and what there is to do.

import { count, counted, shortInstant, unitsIn } from '../../presentation/format.ts';
import type { Text } from '../../presentation/text.ts';
import type { Status } from '../../presentation/views/status.ts';
import { lagText, lastRunText, notesOf, stateText } from '../../presentation/views/status-text.ts';
import { byUrgency, stateOf } from '../../state/views/view-state.ts';
import type { Terminal } from '../output/terminal.ts';

type Column = {
  readonly head: string;
  readonly cell: (view: Status) => Text;
  /** Where no view of the table has anything to say here, the column is left out. */
  readonly isUsedBy?: (view: Status) => boolean;
};

const COLUMNS: readonly Column[] = [
  { head: 'VIEW', cell: ({ view }) => view.name },
  { head: 'STATE', cell: stateText },
  { head: 'WATERMARK', cell: ({ watermark }) => (watermark === null ? '–' : shortInstant(watermark)) },
  { head: 'LAG', cell: lagText },
  {
    head: 'HOLES',
    cell: ({ holes }) => (holes.count === 0 ? '–' : count(holes.count)),
    isUsedBy: ({ holes }) => holes.count > 0,
  },
  { head: 'DEBT', cell: debtText, isUsedBy: ({ unpublished }) => unpublished.count > 0 },
  { head: 'LAST RUN', cell: lastRunText },
  { head: 'NEXT TICK', cell: nextTickText, isUsedBy: (view) => nextTickText(view) !== '–' },
];

const NOTES_MAX = 20;

/** Prints at most `limit` of the views; `all` are those that they were taken from. */
export function printStatusTable(
  terminal: Terminal,
  { all, views, limit }: { all: readonly Status[]; views: readonly Status[]; limit: number },
): void {
  const shown = [...views].sort(byUrgency).slice(0, limit);
  const columns = COLUMNS.filter(({ isUsedBy }) => isUsedBy === undefined || shown.some(isUsedBy));
  if (shown.length > 0) {
    terminal.table(
      columns.map(({ head }) => head),
      shown.map((view) => columns.map(({ cell }) => cell(view))),
    );
  }
  if (shown.length < all.length) sayRest(terminal, { all, shown: shown.length, left: views.length - shown.length });
  printNotes(terminal, shown);
}

/** `2,000 views: 1,996 ok, 3 held, 1 late.` */
function sayRest(
  terminal: Terminal,
  { all, shown, left }: { all: readonly Status[]; shown: number; left: number },
): void {
  const states = new Map<string, number>();
  for (const view of all) states.set(stateOf(view), (states.get(stateOf(view)) ?? 0) + 1);
  const parts = [...states].sort((a, b) => b[1] - a[1]).map(([state, views]) => `${count(views)} ${state}`);
  if (shown > 0) terminal.line('');
  if (left > 0)
    terminal.line(`… and ${counted(left, 'view')} more: --limit shows them, --problems what needs somebody`);
  if (shown === 0) terminal.line('No view needs anybody.');
  terminal.line(`${counted(all.length, 'view')}: ${parts.join(', ')}.`);
}

function printNotes(terminal: Terminal, views: readonly Status[]): void {
  const notes = views.flatMap(notesOf);
  if (notes.length > 0) terminal.line('');
  for (const note of notes.slice(0, NOTES_MAX)) terminal.line(note);
  if (notes.length > NOTES_MAX)
    terminal.line(`… and ${notes.length - NOTES_MAX} more: millrace status VIEW tells all of one`);
}

function debtText({ view, unpublished }: Status): string {
  return unpublished.count === 0 ? '–' : count(unitsIn(unpublished, view.unitMs));
}

const DAY_MS = 86_400_000;

/** In UTC, as the watermark, and within a day only the time; the page of one view has it in the job's zone too. */
function nextTickText({ ticks: [next], now, isPaused }: Status): string {
  if (next?.at == null || isPaused) return '–';
  const text = shortInstant(next.at);
  return next.at - now > DAY_MS || !text.includes('T') ? text : text.slice('2026-01-05T'.length);
}
