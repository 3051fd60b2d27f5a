// The life of a run as one table of state transitions. change.ts makes SQL of it, and nothing else in src sets the
// state of a run.
//
//   planned ⇄ active → committed → done
//      ↓        ↓
//   superseded, cancelled, failed
//
// Timeouts, spent attempts and refused batches are failures: `failAttempt` if a retry may help, else `fail`.

import type { EntryName } from './history.ts';
import { RUN_STATES, type RunState } from './states.ts';

export type Transition = {
  /** From which state to which. A run in any other state does not change. */
  readonly moves: Partial<Readonly<Record<RunState, RunState>>>;
  /**
   * Who may do it. `owner`: the worker with the run's epoch. `worker`: any worker. `planner`: the session that holds
   * the view's planning lock, for an operator, the schedule or the view's circuit.
   */
  readonly by: 'owner' | 'worker' | 'planner';
  /** compare: nothing changes if the epoch differs. raise: the owner loses the run. */
  readonly epoch: readonly ('compare' | 'raise')[];
  readonly clears: readonly Cleared[];
  /** The entry that it adds to the run's history. */
  readonly entry: EntryName | null;
};

export type Cleared = 'lease' | 'owner' | 'waiting' | 'earlier views' | 'staging';

export const TRANSITIONS = {
  // Before it is claimed: its owner is null, and the epoch has no meaning.
  wait: { moves: { planned: 'planned' }, by: 'worker', epoch: [], clears: [], entry: 'snoozed' },

  claim: {
    moves: { planned: 'active', committed: 'committed' },
    by: 'worker',
    epoch: ['raise'],
    clears: ['earlier views'],
    entry: 'claimed',
  },
  // From a worker whose lease has ended.
  reclaim: {
    moves: { active: 'active', committed: 'committed' },
    by: 'worker',
    epoch: ['raise'],
    clears: ['earlier views'],
    entry: 'taken over',
  },

  // The end of each stage, in the order of STAGES.
  extract: { moves: { active: 'active' }, by: 'owner', epoch: ['compare'], clears: [], entry: 'extracted' },
  check: { moves: { active: 'active' }, by: 'owner', epoch: ['compare'], clears: [], entry: 'checked' },
  commit: { moves: { active: 'committed' }, by: 'owner', epoch: ['compare'], clears: ['staging'], entry: 'committed' },
  publish: { moves: { committed: 'committed' }, by: 'owner', epoch: ['compare'], clears: [], entry: 'published' },

  // Results of a stage that has not ended, and the way back to the extract stage.
  note: { moves: { active: 'active' }, by: 'owner', epoch: ['compare'], clears: [], entry: null },
  returnToExtract: { moves: { active: 'active' }, by: 'owner', epoch: ['compare'], clears: [], entry: 'begun again' },

  // The owner releases the run: the next delivery claims it.
  snooze: released('snoozed'),
  interrupt: released('interrupted'),
  failAttempt: released('failed'),

  finish: closed({ committed: 'done' }, 'owner'),
  fail: closed({ active: 'failed' }, 'owner'),
  /** Its view's query has changed. */
  supersedeOwn: closed({ active: 'superseded' }, 'owner'),
  supersede: closed({ planned: 'superseded', active: 'superseded' }, 'planner'),
  cancel: closed({ planned: 'cancelled', active: 'cancelled' }, 'planner'),
} as const satisfies Readonly<Record<string, Transition>>;

export type TransitionName = keyof typeof TRANSITIONS;

function released<Entry extends EntryName>(entry: Entry) {
  return {
    moves: { active: 'planned', committed: 'committed' },
    by: 'owner',
    epoch: ['compare', 'raise'],
    clears: ['lease', 'owner'],
    entry,
  } as const;
}

/** Closed runs keep the name of their last owner. A planner raises the epoch, so that a worker finds the run lost. */
function closed<By extends 'owner' | 'planner', Moves extends Transition['moves']>(moves: Moves, by: By) {
  const epoch: Transition['epoch'] = by === 'owner' ? ['compare'] : ['raise'];
  return { moves, by, epoch, clears: ['lease', 'waiting'], entry: 'closed' } as const;
}

/** The states that a transition starts from, in the order of a run's life. */
export function statesBefore({ moves }: Transition): RunState[] {
  return RUN_STATES.filter((state) => moves[state] !== undefined);
}
