// A view's time by unit: the state of each unit, and the strip of characters that shows it. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, interval, union } from '../core/interval.ts';
import { periodFor } from './period.ts';

/** `planned`: of planned and active runs. `future`: not settled yet, or outside of the view's time. */
export type UnitState = 'planned' | 'held' | 'stale' | 'covered' | 'skipped' | 'missing' | 'future';

export const MARKS: Readonly<Record<UnitState, string>> = {
  covered: '#',
  stale: '~',
  missing: '.',
  held: 'x',
  planned: '>',
  skipped: '-',
  future: ' ',
};

/** Spans of whole units, in any order. */
export type Coverage = {
  readonly unitMs: number;
  readonly start: EpochMs;
  /** The newest settled interval end, at most the view's own end. */
  readonly frontier: EpochMs;
  readonly covered: readonly Interval[];
  readonly stale: readonly Interval[];
  readonly held: readonly Interval[];
  readonly skipped: readonly Interval[];
  readonly planned: readonly Interval[];
};

export type Segment = { readonly span: Interval; readonly state: UnitState };

/** Where sets overlap, the first one gives the state. */
const SETS = ['planned', 'held', 'stale', 'covered', 'skipped'] as const;

/** `range` split where the state changes, oldest first. */
export function segmentsOf(coverage: Coverage, range: Interval): Segment[] {
  const sets = SETS.map((state) => ({ state, spans: union(coverage[state]) }));
  const bounds = sets.flatMap(({ spans }) => spans.flatMap(({ start, end }) => [start, end]));
  const inside = [coverage.start, coverage.frontier, ...bounds].filter((at) => at > range.start && at < range.end);
  const cuts = [...new Set([range.start, ...inside, range.end])].sort((a, b) => a - b);
  const segments: Segment[] = [];
  const lookups = sets.map(({ state, spans }) => ({ state, contains: lookupOf(spans) }));
  for (const [index, end] of cuts.slice(1).entries()) {
    const start = cuts[index] ?? end;
    const state = lookups.filter(({ contains }) => contains(start))[0]?.state ?? uncoveredState(coverage, start);
    const last = segments.at(-1);
    if (last?.state === state) segments[segments.length - 1] = { state, span: interval(last.span.start, end) };
    else segments.push({ state, span: interval(start, end) });
  }
  return segments;
}

function uncoveredState({ start, frontier }: Coverage, at: EpochMs): UnitState {
  return at >= start && at < frontier ? 'missing' : 'future';
}

/** Whether one of the spans contains an instant. Call it with increasing instants only. */
function lookupOf(spans: readonly Interval[]): (at: EpochMs) => boolean {
  let place = 0;
  return (at) => {
    while ((spans[place]?.end ?? Number.POSITIVE_INFINITY) <= at) place += 1;
    const span = spans[place];
    return span !== undefined && span.start <= at;
  };
}

export type StripLine = {
  /** The period: `2026-01-05` for a day, `2026-01` for a month. */
  readonly label: string;
  /** One character per unit that starts in the period; blanks for units before the range. */
  readonly text: string;
};

/** One line per calendar period of the range, oldest first. */
export function stripLines(coverage: Coverage, range: Interval): StripLine[] {
  const { unitMs } = coverage;
  const period = periodFor(unitMs);
  const segments = segmentsOf(coverage, range);
  const lines: StripLine[] = [];
  let place = 0;
  for (let at = range.start; at < range.end; ) {
    const start = period.startOf(at);
    const first = gridAfter(start, unitMs);
    const end = epochMsOf(Math.min(range.end, gridAfter(period.next(start), unitMs)));
    let text = ' '.repeat((at - first) / unitMs);
    while (at < end) {
      const segment = segments[place];
      if (segment === undefined) break;
      const until = epochMsOf(Math.min(end, segment.span.end));
      text += MARKS[segment.state].repeat((until - at) / unitMs);
      at = until;
      if (at === segment.span.end) place += 1;
    }
    lines.push({ label: period.label(start), text });
  }
  return lines;
}

/** The start of the newest part of `range` that fits in `lines` lines. */
export function newestLines(unitMs: number, range: Interval, lines: number): EpochMs {
  const period = periodFor(unitMs);
  let start = period.startOf(epochMsOf(range.end - unitMs));
  for (let line = 1; line < lines && start > range.start; line += 1) start = period.startOf(epochMsOf(start - 1));
  return epochMsOf(Math.max(range.start, gridAfter(start, unitMs)));
}

/** The first line of the grid at or after an instant. */
function gridAfter(at: number, unitMs: number): EpochMs {
  return epochMsOf(Math.ceil(at / unitMs) * unitMs);
}
