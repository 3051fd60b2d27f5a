// The effects of a pause, a resume or a cancel on runs, for the command line and the dashboard.

import type { Interval } from '../../core/interval.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Paused, Resumed } from '../../state/views/pause.ts';
import { counted, shortInstant, unitsOf } from '../format.ts';
import { whenRun } from '../next-run.ts';
import type { NextTick } from '../next-ticks.ts';

/** The effect on the runs of a view that was paused. */
export function pausedTexts({ superseded, active }: Pick<Paused, 'superseded' | 'active'>): string[] {
  const their = superseded.length === 1 ? 'its interval is' : 'their intervals are';
  return [
    ...cancelledRunsTexts(superseded).map((withdrawn) => `${withdrawn}; ${their} due again when the view is resumed.`),
    ...(active.length === 0 ? [] : [`${counted(active.length, 'active run')} will finish: ${active.join(', ')}.`]),
  ];
}

/** `2 planned runs withdrawn`; empty if there were none. */
export function cancelledRunsTexts(runs: readonly number[]): string[] {
  return runs.length === 0 ? [] : [`${counted(runs.length, 'planned run')} withdrawn`];
}

/** What is due and what stays held in a view that was resumed, each with its command. */
export function resumedTexts(
  view: Pick<FeatureView, 'name' | 'unitMs' | 'kind'>,
  { due, held }: Pick<Resumed, 'due' | 'held'>,
  ticks: readonly NextTick[],
): Message[] {
  return [dueText(view, due.length, ticks), ...heldTexts(view.name, held, view.unitMs)];
}

function dueText(
  { name, kind }: Pick<FeatureView, 'name' | 'kind'>,
  runs: number,
  ticks: readonly NextTick[],
): Message {
  if (kind === 'pushed') {
    return runs === 0 ? text`No pushed rows are waiting.` : text`The waiting rows will be stored within a minute.`;
  }
  if (runs === 0) return text`Nothing is due now.`;
  return text`${safe(counted(runs, 'run'))} will start ${whenRun(name, ticks)}`;
}

/** What stays held in a view that was resumed, with its command; empty if nothing does. */
export function heldTexts(name: string, held: readonly Interval[], unitMs: number): Message[] {
  const [first] = held;
  const last = held.at(-1);
  if (first === undefined || last === undefined) return [];
  const units = unitsOf(held, unitMs);
  const range = `--from ${shortInstant(first.start)} --to ${shortInstant(last.end)}`;
  const stay = `${counted(units, 'unit')} ${units === 1 ? 'stays' : 'stay'} held`;
  return [
    text`${safe(stay)}; to run ${safe(units === 1 ? 'it' : 'them')}: ${command(`millrace backfill ${name} --mode failed ${range}`)}`,
  ];
}

/** The effect on the runs of a backfill that was cancelled. */
export function cancelledTexts(runs: readonly number[], committed: readonly number[]): string[] {
  return [
    ...(runs.length === 0 ? [] : [`${counted(runs.length, 'run')} cancelled: ${runs.join(', ')}.`]),
    ...(committed.length === 0
      ? []
      : [`${counted(committed.length, 'run')} already stored rows; these will be published.`]),
  ];
}
