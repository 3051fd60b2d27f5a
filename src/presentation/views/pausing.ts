// What a pause, a resume or a cancel has done besides what it says: sentences for the command line and the pages alike.

import type { Interval } from '../../core/interval.ts';
import type { Paused, Resumed } from '../../state/views/pause.ts';
import { counted, shortInstant, unitsOf } from '../format.ts';
import { whenDone } from '../next-look.ts';
import type { NextTick } from '../next-ticks.ts';

/** What became of the runs of a view that is paused now. */
export function pausedTexts({ superseded, active }: Pick<Paused, 'superseded' | 'active'>): string[] {
  const they = superseded.length === 1 ? 'it' : 'they';
  return [
    ...cancelledRunsTexts(superseded).map((text) => `${text}; what ${they} would have done is due again then.`),
    ...(active.length === 0
      ? []
      : [`${counted(active.length, 'run')} under way will still be finished: ${active.join(', ')}.`]),
  ];
}

/** `2 planned runs taken back`: nothing where there were none. */
export function cancelledRunsTexts(runs: readonly number[]): string[] {
  return runs.length === 0 ? [] : [`${counted(runs.length, 'planned run')} taken back`];
}

/** What of a view is due, and what stays as it is, now that it goes on; each ends with a command. */
export function resumedTexts(
  { name, unitMs }: { readonly name: string; readonly unitMs: number },
  { due, held }: Pick<Resumed, 'due' | 'held'>,
  ticks: readonly NextTick[],
): string[] {
  const dueText =
    due.length === 0 ? 'Nothing of it is due now.' : `${counted(due.length, 'run')} due ${whenDone(name, ticks)}`;
  return [dueText, ...heldTexts(name, held, unitMs)];
}

function heldTexts(name: string, held: readonly Interval[], unitMs: number): string[] {
  const [first] = held;
  const last = held.at(-1);
  if (first === undefined || last === undefined) return [];
  const units = unitsOf(held, unitMs);
  const [are, stay] = units === 1 ? ['is', 'stays'] : ['are', 'stay'];
  const range = `--from ${shortInstant(first.start)} --to ${shortInstant(last.end)}`;
  return [
    `${counted(units, 'unit')} ${are} held, and ${stay} so until: millrace backfill ${name} --mode failed ${range}`,
  ];
}

/** What became of the runs of a backfill that is cancelled now. */
export function cancelledTexts(runs: readonly number[], committed: readonly number[]): string[] {
  return [
    ...(runs.length === 0 ? [] : [`${counted(runs.length, 'run')} ended: ${runs.join(', ')}.`]),
    ...(committed.length === 0
      ? []
      : [`${counted(committed.length, 'run')} had stored their rows, and will be published.`]),
  ];
}
