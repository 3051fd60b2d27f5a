// How a run may change its state: the whole life of a run as one table. change.ts makes SQL of it, and nothing else in
// src sets the state of a run.
//
//   planned ⇄ active → committed → done
//      ↓        ↓
//   superseded, cancelled, failed
//
// A timeout, spent attempts and a refused batch are failures: `failAttempt` where another attempt may help, else `fail`.

import type { EntryName } from './history.ts';
import { RUN_STATES, type RunState } from './states.ts';

export type Transition = {
  /** From which state to which. A run in any other state is left alone. */
  readonly moves: Partial<Readonly<Record<RunState, RunState>>>;
  /**
   * Who may do it. `owner`: the worker whose epoch the run has. `worker`: any worker. `planner`: whoever holds the lock of
   * the view's planning, for a person, a schedule or the view's circuit.
   */
  readonly by: 'owner' | 'worker' | 'planner';
  /** compare: nothing is changed where the epoch is another. raise: whoever has the run loses it. */
  readonly epoch: readonly ('compare' | 'raise')[];
  readonly clears: readonly Cleared[];
  /** The entry that it adds to the run's history. */
  readonly entry: EntryName | null;
};

export type Cleared = 'lease' | 'owner' | 'waiting' | 'earlier views' | 'staging';

export const TRANSITIONS = {
  // Before anybody has it. Its owner is null then, and the epoch says nothing.
  wait: { moves: { planned: 'planned' }, by: 'worker', epoch: [], clears: [], entry: 'snoozed' },

  claim: {
    moves: { planned: 'active', committed: 'committed' },
    by: 'worker',
    epoch: ['raise'],
    clears: ['earlier views'],
    entry: 'claimed',
  },
  // Of a worker whose lease has ended.
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

  // What a stage found out without ending, and a stage that sends the run back to where reading begins.
  note: { moves: { active: 'active' }, by: 'owner', epoch: ['compare'], clears: [], entry: null },
  returnToExtract: { moves: { active: 'active' }, by: 'owner', epoch: ['compare'], clears: [], entry: 'begun again' },

  // The owner lets go: the next delivery claims the run.
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

/** Closed runs keep the name of their last owner. A planner raises the epoch, so that a worker at the run finds it lost. */
function closed<By extends 'owner' | 'planner', Moves extends Transition['moves']>(moves: Moves, by: By) {
  const epoch: Transition['epoch'] = by === 'owner' ? ['compare'] : ['raise'];
  return { moves, by, epoch, clears: ['lease', 'waiting'], entry: 'closed' } as const;
}

/** The states from which a transition leads, in the order of a run's life. */
export function statesBefore({ moves }: Transition): RunState[] {
  return RUN_STATES.filter((state) => moves[state] !== undefined);
}
