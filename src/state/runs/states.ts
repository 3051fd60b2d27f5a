// The states of a run, and the sets of states for queries: no other file lists states.

/** A run is planned, then active, then committed; the other states are final. */
export const RUN_STATES = ['planned', 'active', 'committed', 'done', 'failed', 'cancelled', 'superseded'] as const;
export type RunState = (typeof RUN_STATES)[number];

export const STATES = {
  /** Work is left. Indexed, with these states in this order. */
  open: ['planned', 'active', 'committed'],
  /** Open, and its rows are not stored yet: its span is taken. */
  unstored: ['planned', 'active'],
  /** A worker has claimed it and it has not ended. */
  begun: ['active', 'committed'],
  /** Its rows are stored. */
  stored: ['committed', 'done'],
  /** Its counts are valid. Indexed (run_read). */
  counted: ['committed', 'done', 'failed'],
  /** It ended through its own work. */
  concluded: ['done', 'failed'],
  /** It ended without storing rows, and can be retried. */
  retryable: ['failed', 'cancelled'],
  /** It ended without storing rows. Indexed (run_given_up). */
  givenUp: ['failed', 'cancelled', 'superseded'],
  /** No work is left. Indexed (run_closed_by_state, run_closed_by_time). */
  over: ['done', 'failed', 'cancelled', 'superseded'],
} as const satisfies Record<string, readonly RunState[]>;

export type StateSet = keyof typeof STATES;

/** The sets as SQL: `r.state ${IN.open}` is `r.state in ('planned', 'active', 'committed')`, as in the indexes. */
export const IN: Readonly<Record<StateSet, string>> = {
  open: inStates(STATES.open),
  unstored: inStates(STATES.unstored),
  begun: inStates(STATES.begun),
  stored: inStates(STATES.stored),
  counted: inStates(STATES.counted),
  concluded: inStates(STATES.concluded),
  retryable: inStates(STATES.retryable),
  givenUp: inStates(STATES.givenUp),
  over: inStates(STATES.over),
};

/** `in (…)` over states, for SQL. States are our own constants and need no escaping. */
export function inStates(states: readonly RunState[]): string {
  return `in (${states.map((state) => `'${state}'`).join(', ')})`;
}

/** Whether a run is in one of the states of a set. */
export function isIn({ state }: { readonly state: RunState }, set: StateSet): boolean {
  return STATES[set].some((one) => one === state);
}

/** Whether a run has ended. */
export function isOver(run: { readonly state: RunState }): boolean {
  return isIn(run, 'over');
}
