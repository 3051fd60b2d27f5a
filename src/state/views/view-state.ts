// The state of a view: the most important one for its operator. Pure.

import { keysOf } from '../../core/keys.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import type { SpanSet } from '../queries/span-set.ts';
import type { ViewOverview, WaitingRun } from '../queries/view-overview.ts';
import type { Wait } from '../runs/wait.ts';

/** The fields of an overview that determine a view's state. */
export type ViewFacts = Pick<
  ViewOverview,
  | 'edited'
  | 'retired'
  | 'rebuildReason'
  | 'failedInARow'
  | 'appliedAt'
  | 'now'
  | 'watermark'
  | 'frontier'
  | 'openRuns'
  | 'activeRuns'
> & {
  readonly held: Pick<SpanSet, 'count'>;
  readonly stale: Pick<SpanSet, 'count'>;
  readonly unpublished: Pick<SpanSet, 'count'>;
  readonly isPaused: boolean;
  readonly view: Pick<FeatureView, 'name' | 'kind' | 'start' | 'end' | 'freshnessMs'>;
  readonly waitingRun: (Pick<WaitingRun, 'state'> & { readonly wait: { readonly kind: Wait['kind'] } | null }) | null;
};

/** In order of importance: the first state that applies is shown. */
const STATES = {
  retired: ({ retired }) => retired,
  /** Waits for `apply` with the meaning of an edit. */
  edited: ({ edited }) => edited,
  paused: ({ isPaused }) => isPaused,
  /** Spans wait for an operator. */
  held: ({ held }) => held.count > 0,
  /** The last run failed, or its last attempt. */
  failing: (view) => view.failedInARow > 0 || isRetrying(view),
  /** The watermark is further behind the current time than `freshness` allows. */
  late: (view) => view.view.freshnessMs !== null && lagMs(view) > view.view.freshnessMs,
  running: ({ activeRuns }) => activeRuns > 0,
  waiting: ({ waitingRun }) => waitingRun !== null,
  planned: ({ openRuns }) => openRuns > 0,
  unpublished: ({ rebuildReason, unpublished }) => rebuildReason !== null || unpublished.count > 0,
  stale: ({ stale }) => stale.count > 0,
  /** Settled time has no planned run yet. */
  behind: (view) => behindMs(view) > 0,
  ok: () => true,
} as const satisfies Record<string, (view: ViewFacts) => boolean>;

export type ViewState = keyof typeof STATES;

/** In order of importance, down to `ok`. */
export const VIEW_STATES: readonly ViewState[] = keysOf(STATES);

/** Computed once, since thousands of views are sorted by state. */
const TESTS = VIEW_STATES.map((state) => [state, STATES[state]] as const);

/** States that do not end without an action. */
export const ATTENTION_STATES: readonly ViewState[] = ['edited', 'paused', 'held', 'failing', 'late', 'unpublished'];

export function stateOf(view: ViewFacts): ViewState {
  const found = TESTS.find(([, isIt]) => isIt(view));
  return found?.[0] ?? 'ok';
}

export function needsAttention(view: ViewFacts): boolean {
  return ATTENTION_STATES.includes(stateOf(view));
}

/** 0 if it needs attention, 2 if it is retired, else 1. */
export function urgencyOf(view: ViewFacts): number {
  return view.retired ? 2 : needsAttention(view) ? 0 : 1;
}

/** Views that need attention, then the others, then retired ones; by name. */
export function byUrgency(one: ViewFacts, other: ViewFacts): number {
  return urgencyOf(one) - urgencyOf(other) || (one.view.name < other.view.name ? -1 : 1);
}

/**
 * How far the watermark, or the start of a view without one, lies behind the database's time: what is younger a
 * reader cannot have. A view of kind latest that has never succeeded has no time that it lies behind: it counts from
 * when it was first applied. 0 for a view that is retired, that has all of its time, or whose time has not come.
 */
export function lagMs({ view, retired, watermark, appliedAt, now }: ViewFacts): number {
  const reached = watermark ?? (!hasIntervals(view.kind) ? appliedAt : view.start);
  const isComplete = view.end !== null && reached >= view.end;
  return retired || isComplete ? 0 : Math.max(0, now - reached);
}

/** Whether it is of kind latest and has never succeeded: then it has no age. */
export function isEmptyLatest({ view, watermark }: Pick<ViewFacts, 'view' | 'watermark'>): boolean {
  return !hasIntervals(view.kind) && watermark === null;
}

/** How far the watermark lies behind what is settled: what could be there by now. 0 for a view of kind latest. */
export function behindMs({ view, retired, watermark, frontier }: ViewFacts): number {
  return retired || frontier === null ? 0 : Math.max(0, frontier - (watermark ?? view.start));
}

function isRetrying({ waitingRun }: ViewFacts): boolean {
  return waitingRun?.state === 'planned' && waitingRun.wait?.kind === 'retry';
}
