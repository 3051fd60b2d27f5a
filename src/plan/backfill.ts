// What a backfill does with the units that it is asked for, and with a chunk of them whose turn has come: pure.

import type { EpochMs } from '../core/instant.ts';
import { type Interval, interval, missing, split, union } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import { runUnitsMax, widen } from './cut.ts';

/** missing: what is neither covered nor held. failed: what is held. all: every unit, covered ones are read again. */
export const BACKFILL_MODES = ['missing', 'failed', 'all'] as const;
export type BackfillMode = (typeof BACKFILL_MODES)[number];

/** Why a unit that was asked for is left alone. */
export type SkipReason = 'covered' | 'held' | 'not held' | 'in flight' | 'not settled' | "outside of the view's time";

/** Where a view stands. */
export type CoverageState = {
  readonly covered: readonly Interval[];
  readonly held: readonly Interval[];
  /** Spans of runs that are planned or active. */
  readonly open: readonly Interval[];
  /** The newest settled interval end within the view's time. */
  readonly frontier: EpochMs;
};

/** A part of what was asked: to be done, or left alone for a reason. */
export type Part = { readonly span: Interval; readonly fate: 'todo' | SkipReason };

/** Cuts `asked`, in whole units, into parts by what becomes of them. The parts are disjoint and make up all of it. */
export function partition(view: FeatureView, asked: Interval, mode: BackfillMode, coverage: CoverageState): Part[] {
  const { covered, held, open, frontier } = coverage;
  let left: readonly Interval[] = [asked];
  const parts: Part[] = [];
  const take = (fate: Part['fate'], of: readonly Interval[]) => {
    parts.push(...common(left, of).map((span) => ({ span, fate })));
    left = without(left, of);
  };
  take("outside of the view's time", without([asked], timeOf(view, asked)));
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

/** The spans of the chunks that do `todo`, in the order of running; `units` null for as many as a run usually has. */
export function cutIntoChunks(
  view: FeatureView,
  todo: readonly Interval[],
  units: number | null,
  order: 'oldest' | 'newest',
): Interval[] {
  const chunks = wholeSpans(view, todo).flatMap((span) => split(span, view.unitMs, units ?? runUnitsMax(view)));
  return order === 'oldest' ? chunks : chunks.reverse();
}

/** How many chunks those would be, without making them. */
export function countChunks(view: FeatureView, todo: readonly Interval[], units: number | null): number {
  const size = units ?? runUnitsMax(view);
  return wholeSpans(view, todo).reduce((chunks, span) => chunks + Math.ceil(unitsOf([span], view.unitMs) / size), 0);
}

function wholeSpans({ unitMs }: FeatureView, spans: readonly Interval[]): Interval[] {
  return union(spans.map((span) => widen(span, unitMs)));
}

/** What a part of a chunk becomes at its turn: the chunk's one run, a chunk that waits, or nothing for a reason. */
export type Turn = { readonly span: Interval; readonly fate: 'run' | 'wait' | SkipReason };

/**
 * Looks at a chunk whose turn has come: since it was planned, others may have done parts of it, and the view may have
 * got another grid. The turns are disjoint and make up the chunk, and at most the first of them is a run.
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

/** Whether the reason goes away by itself. */
function isPassing(reason: SkipReason): boolean {
  return reason === 'in flight' || reason === 'not settled';
}

/** How many units these spans have. */
export function unitsOf(spans: readonly Interval[], unitMs: number): number {
  return spans.reduce((units, { start, end }) => units + (end - start) / unitMs, 0);
}

/** What of `spans` lies in `others`, oldest first. */
function common(spans: readonly Interval[], others: readonly Interval[]): Interval[] {
  return spans.flatMap((span) => missing(span, missing(span, others)));
}

function without(spans: readonly Interval[], others: readonly Interval[]): Interval[] {
  return spans.flatMap((span) => missing(span, others));
}
