// The table of `status`: a row per view, most urgent first, and what needs attention.

import { count, counted, shortInstant, unitsIn } from '../../presentation/format.ts';
import type { Text } from '../../presentation/text.ts';
import { notesOfAll, waitsForSource } from '../../presentation/views/outage-notes.ts';
import type { Status } from '../../presentation/views/status.ts';
import { lagText, lastRunText, stateText } from '../../presentation/views/status-text.ts';
import { byUrgency, stateOf, urgencyOf } from '../../state/views/view-state.ts';
import type { Terminal } from '../output/terminal.ts';

type Column = {
  readonly head: string;
  readonly cell: (view: Status) => Text;
  /** The column is left out if no view of the table uses it. */
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
  { head: 'NOT ONLINE', cell: unpublishedText, isUsedBy: ({ unpublished }) => unpublished.count > 0 },
  { head: 'LAST RUN', cell: lastRunText },
  { head: 'NEXT', cell: nextTickText, isUsedBy: (view) => nextTickText(view) !== '–' },
];

const NOTES_MAX = 20;

/** Prints at most `limit` of `views`, which were selected from `all`. */
export function printStatusTable(
  terminal: Terminal,
  { all, views, limit }: { all: readonly Status[]; views: readonly Status[]; limit: number },
): void {
  const shown = [...views].sort(byAttention).slice(0, limit);
  const columns = COLUMNS.filter(({ isUsedBy }) => isUsedBy === undefined || shown.some(isUsedBy));
  if (shown.length > 0) {
    terminal.table(
      columns.map(({ head }) => head),
      shown.map((view) => columns.map(({ cell }) => cell(view))),
    );
  }
  if (shown.length < all.length) printTotals(terminal, { all, shown: shown.length, left: views.length - shown.length });
  printNotes(terminal, shown);
}

/** By urgency; views that wait only for unavailable sources come after those that need an operator. */
function byAttention(one: Status, other: Status): number {
  const isBehind = Number(waitsForSource(one)) - Number(waitsForSource(other));
  return urgencyOf(one) - urgencyOf(other) || isBehind || byUrgency(one, other);
}

/** `2,000 views: 1,996 ok, 3 held, 1 late.` */
function printTotals(
  terminal: Terminal,
  { all, shown, left }: { all: readonly Status[]; shown: number; left: number },
): void {
  const states = new Map<string, number>();
  for (const view of all) states.set(stateOf(view), (states.get(stateOf(view)) ?? 0) + 1);
  const parts = [...states].sort((a, b) => b[1] - a[1]).map(([state, views]) => `${count(views)} ${state}`);
  if (shown > 0) terminal.line('');
  if (left > 0)
    terminal.line(`… and ${counted(left, 'more view')}: raise --limit, or use --problems to list what needs attention`);
  if (shown === 0) terminal.line('No view needs attention.');
  terminal.line(`${counted(all.length, 'view')}: ${parts.join(', ')}.`);
}

function printNotes(terminal: Terminal, views: readonly Status[]): void {
  const notes = notesOfAll(views);
  if (notes.length > 0) terminal.line('');
  for (const note of notes.slice(0, NOTES_MAX)) terminal.line(note);
  if (notes.length > NOTES_MAX)
    terminal.line(`… and ${counted(notes.length - NOTES_MAX, 'more note')}: millrace status VIEW`);
}

function unpublishedText({ view, unpublished }: Status): string {
  return unpublished.count === 0 ? '–' : count(unitsIn(unpublished, view.unitMs));
}

const DAY_MS = 86_400_000;

/** In UTC, like the watermark; only the time if it is within a day. `status VIEW` also shows it in the job's zone. */
function nextTickText({ ticks: [next], now, isPaused }: Status): string {
  if (next?.at == null || isPaused) return '–';
  const text = shortInstant(next.at);
  return next.at - now > DAY_MS || !text.includes('T') ? text : text.slice('2026-01-05T'.length);
}
