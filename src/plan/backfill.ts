// What a backfill does with the requested units, and with the next chunk to run. Pure.

import type { EpochMs } from '../core/instant.ts';
import { type Interval, interval, missing, split, union } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import { runUnitsMax, widen } from './cut.ts';

/** missing: units that are neither covered nor held. failed: held units. all: every unit; covered ones are read again. */
export const BACKFILL_MODES = ['missing', 'failed', 'all'] as const;
export type BackfillMode = (typeof BACKFILL_MODES)[number];

/** Why a requested unit is not run. */
export type SkipReason =
  | 'covered'
  | 'held'
  | 'not held'
  | 'in flight'
  | 'not settled'
  | "outside the view's start and end";

/** The time of a view, by state. */
export type CoverageState = {
  readonly covered: readonly Interval[];
  readonly held: readonly Interval[];
  /** Spans of runs that are planned or active. */
  readonly open: readonly Interval[];
  /** The newest settled interval end within the view's time. */
  readonly frontier: EpochMs;
};

/** A part of the requested range: to be run, or skipped for a reason. */
export type Part = { readonly span: Interval; readonly fate: 'todo' | SkipReason };

/** Splits `asked`, in whole units, into parts by what happens to them. The parts are disjoint and cover all of `asked`. */
export function partition(view: FeatureView, asked: Interval, mode: BackfillMode, coverage: CoverageState): Part[] {
  const { covered, held, open, frontier } = coverage;
  let left: readonly Interval[] = [asked];
  const parts: Part[] = [];
  const take = (fate: Part['fate'], of: readonly Interval[]) => {
    parts.push(...common(left, of).map((span) => ({ span, fate })));
    left = without(left, of);
  };
  take("outside the view's start and end", without([asked], timeOf(view, asked)));
  take('not settled', frontier < asked.end ? [interval(frontier, asked.end)] : []);
  take('in flight', open);
  if (mode === 'missing') {
    take('covered', covered);
    take('held', held);
  }
  if (mode === 'failed') take('not held', without([asked], held));
  take('todo', [asked]);
  return parts;
}

function timeOf({ start, end }: FeatureView, asked: Interval): Interval[] {
  const until = end === null || asked.end < end ? asked.end : end;
  return start < until ? [interval(start, until)] : [];
}

/** The spans of the chunks of `todo`, in the order of running. `units` null: as many as a run usually has. */
export function cutIntoChunks(
  view: FeatureView,
  todo: readonly Interval[],
  units: number | null,
  order: 'oldest' | 'newest',
): Interval[] {
  const chunks = wholeSpans(view, todo).flatMap((span) => split(span, view.unitMs, units ?? runUnitsMax(view)));
  return order === 'oldest' ? chunks : chunks.reverse();
}

/** The number of those chunks, without making them. */
export function countChunks(view: FeatureView, todo: readonly Interval[], units: number | null): number {
  const size = units ?? runUnitsMax(view);
  return wholeSpans(view, todo).reduce((chunks, span) => chunks + Math.ceil(unitsOf([span], view.unitMs) / size), 0);
}

function wholeSpans({ unitMs }: FeatureView, spans: readonly Interval[]): Interval[] {
  return union(spans.map((span) => widen(span, unitMs)));
}

/** What happens to a part of a chunk at its turn: it is the chunk's one run, waits as a chunk, or is skipped for a reason. */
export type Turn = { readonly span: Interval; readonly fate: 'run' | 'wait' | SkipReason };

/**
 * Splits the next chunk to run. Since it was planned, other runs may have covered parts of it, and the view's interval may
 * have changed. The turns are disjoint and cover the chunk; at most the first one is a run.
 */
export function turnsOf(view: FeatureView, chunk: Interval, mode: BackfillMode, coverage: CoverageState): Turn[] {
  const parts = partition(view, widen(chunk, view.unitMs), mode, coverage);
  const todo = parts.filter(({ fate }) => fate === 'todo').map(({ span }) => span);
  const isOneUnit = runUnitsMax(view) === 1;
  const [first, ...others] = isOneUnit ? cutIntoChunks(view, todo, 1, 'oldest') : todo;
  return [
    ...(first === undefined ? [] : [{ span: first, fate: 'run' as const }]),
    ...others.map((span) => ({ span, fate: 'wait' as const })),
    ...parts.flatMap(({ span, fate }) =>
      fate === 'todo' ? [] : [{ span, fate: isPassing(fate) ? ('wait' as const) : fate }],
    ),
  ];
}

/** Whether the reason disappears without anyone acting. */
function isPassing(reason: SkipReason): boolean {
  return reason === 'in flight' || reason === 'not settled';
}

/** The number of units in these spans. */
export function unitsOf(spans: readonly Interval[], unitMs: number): number {
  return spans.reduce((units, { start, end }) => units + (end - start) / unitMs, 0);
}

/** The parts of `spans` that lie in `others`, oldest first. */
function common(spans: readonly Interval[], others: readonly Interval[]): Interval[] {
  return spans.flatMap((span) => missing(span, missing(span, others)));
}

function without(spans: readonly Interval[], others: readonly Interval[]): Interval[] {
  return spans.flatMap((span) => missing(span, others));
}
