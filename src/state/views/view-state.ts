// The one word for how a view stands that matters most to whoever looks after it: pure.

import type { FeatureView } from '../../definition/view.ts';
import type { SpanSet } from '../queries/span-set.ts';
import type { ViewOverview, WaitingRun } from '../queries/view-overview.ts';
import type { Wait } from '../runs/wait.ts';

/** What of an overview the state of a view depends on. */
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

/** From the word that hides all others to the one that is left. */
const STATES = {
  retired: ({ retired }) => retired,
  /** Waits for `apply` to be told what an edit means. */
  edited: ({ edited }) => edited,
  paused: ({ isPaused }) => isPaused,
  /** Spans wait for a person. */
  held: ({ held }) => held.count > 0,
  /** The last run failed, or the attempt that is to be made again. */
  failing: (view) => view.failedInARow > 0 || isRetrying(view),
  /** The watermark is further behind the clock than `freshness` allows. */
  late: (view) => view.view.freshnessMs !== null && lagMs(view) > view.view.freshnessMs,
  running: ({ activeRuns }) => activeRuns > 0,
  waiting: ({ waitingRun }) => waitingRun !== null,
  planned: ({ openRuns }) => openRuns > 0,
  unpublished: ({ rebuildReason, unpublished }) => rebuildReason !== null || unpublished.count > 0,
  stale: ({ stale }) => stale.count > 0,
  /** Something is settled, and nothing has been planned for it yet. */
  behind: (view) => behindMs(view) > 0,
  ok: () => true,
} as const satisfies Record<string, (view: ViewFacts) => boolean>;

export type ViewState = keyof typeof STATES;

/** From the one that hides all others to `ok`. */
export const VIEW_STATES = Object.keys(STATES) as readonly ViewState[]; // of the object itself

/** Once, since thousands of views are sorted by their states. */
const TESTS = Object.entries(STATES);

/** States that do not end unless somebody does something. */
export const ATTENTION_STATES: readonly ViewState[] = ['edited', 'paused', 'held', 'failing', 'late', 'unpublished'];

export function stateOf(view: ViewFacts): ViewState {
  const found = TESTS.find(([, isIt]) => isIt(view));
  return (found?.[0] ?? 'ok') as ViewState; // the keys of STATES
}

export function needsAttention(view: ViewFacts): boolean {
  return ATTENTION_STATES.includes(stateOf(view));
}

/** 0 where somebody is needed, 2 where it is retired, else 1. */
export function urgencyOf(view: ViewFacts): number {
  return view.retired ? 2 : needsAttention(view) ? 0 : 1;
}

/** Who needs somebody, then who is at work or at rest, then who is retired; by name. */
export function byUrgency(one: ViewFacts, other: ViewFacts): number {
  return urgencyOf(one) - urgencyOf(other) || (one.view.name < other.view.name ? -1 : 1);
}

/**
 * How far the watermark, or the start of a view without one, lies behind the clock of the database: what is younger a
 * reader cannot have. A view of kind latest that has never succeeded has no time that it lies behind: it counts from when
 * it was first applied. 0 for a view that is retired, that has all of its time, or whose time has not come.
 */
export function lagMs({ view, retired, watermark, appliedAt, now }: ViewFacts): number {
  const reached = watermark ?? (view.kind === 'latest' ? appliedAt : view.start);
  const isComplete = view.end !== null && reached >= view.end;
  return retired || isComplete ? 0 : Math.max(0, now - reached);
}

/** Whether it is of kind latest and has never succeeded: then nothing of it is old or new. */
export function isEmptyLatest({ view, watermark }: Pick<ViewFacts, 'view' | 'watermark'>): boolean {
  return view.kind === 'latest' && watermark === null;
}

/** How far the watermark lies behind what is settled: what could be there by now. 0 for a view of kind latest. */
export function behindMs({ view, retired, watermark, frontier }: ViewFacts): number {
  return retired || frontier === null ? 0 : Math.max(0, frontier - (watermark ?? view.start));
}

function isRetrying({ waitingRun }: ViewFacts): boolean {
  return waitingRun?.state === 'planned' && waitingRun.wait?.kind === 'retry';
}
