// Transitions as SQL: the only statements that set the state of a run, and that write its history.

import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import type { Session } from '../../postgres/session.ts';
import { LOCK_RUNS } from '../locks.ts';
import { changedRun, type Run, WORK_ENDED } from './run.ts';
import { inStates, isIn, type RunState } from './states.ts';
import { type Cleared, statesBefore, TRANSITIONS, type Transition, type TransitionName } from './transitions.ts';

/** The changes besides those of the transition; `r` is the row before the change. */
export type Change = {
  /** Column → its new value in SQL. */
  readonly set?: Readonly<Record<string, string>>;
  /** The history entry besides its name and time: jsonb in SQL. */
  readonly facts?: string;
  /** An additional condition. */
  readonly where?: string;
  /** From $3 for one run, from $1 for several. */
  readonly values?: readonly unknown[];
};

/** Changes one run in one statement. False if the transition does not allow its state or epoch. */
export async function changeRun(
  session: Database | Session,
  name: TransitionName,
  run: { readonly id: number; readonly epoch: number },
  change: Change = {},
): Promise<boolean> {
  const transition: Transition = TRANSITIONS[name];
  const compares = transition.epoch.includes('compare');
  const changed = await session.run(
    prepared(`update millrace.run r set ${assignments(transition, change)}
      where r.id = $1 and ${compares ? 'r.epoch = $2' : '$2::int is null'}
        and r.state ${inStates(statesBefore(transition))} and ${change.where ?? 'true'}`),
    [run.id, compares ? run.epoch : null, ...(change.values ?? [])],
  );
  return changed === 1;
}

/** Claims a run, or reclaims it after its lease has ended. */
export async function claim(database: Database, id: number, change: Change): Promise<Run | null> {
  const { claim, reclaim } = TRANSITIONS;
  const either: Transition = { ...claim, moves: { ...reclaim.moves, ...claim.moves } };
  const entry = `case when r.owner is null then '${claim.entry}' else '${reclaim.entry}' end`;
  return changedRun(
    database,
    `update millrace.run r set ${assignments(either, change, entry)}
      where r.id = $1 and $2::int is null and r.state ${inStates(statesBefore(either))} and ${change.where ?? 'true'}
     returning r.*`,
    [id, null, ...(change.values ?? [])],
  );
}

export type ChosenRuns = {
  /** Tables to join, beginning with `join`. */
  readonly join?: string;
  readonly where: string;
  readonly values: readonly unknown[];
};

/**
 * Changes the chosen runs in one statement that locks them in order, and returns their ids, oldest first. `also` are
 * common table expressions that read `chosen` (the runs before the change) or `changed` (their ids).
 */
export async function changeRuns(
  session: Session,
  name: TransitionName,
  { join = '', where, values }: ChosenRuns,
  also: readonly string[] = [],
): Promise<number[]> {
  const transition: Transition = TRANSITIONS[name];
  const rows = await session.query<{ id: number }>(
    `with chosen as (
       select r.id, r.view_id, r.state, r.span from millrace.run r ${join}
        where ${where} and r.state ${inStates(statesBefore(transition))} ${LOCK_RUNS}),
     changed as (
       update millrace.run r set ${assignments(transition, {})} from chosen where r.id = chosen.id returning r.id)
     ${also.map((expression) => `, ${expression}`).join('')}
     select id from changed`,
    values,
  );
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}

/** The chunks of superseded runs of a backfill wait again. */
export async function supersedeRuns(session: Session, chosen: ChosenRuns): Promise<number[]> {
  return changeRuns(session, 'supersede', chosen, [
    `freed as (update millrace.backfill_chunk set run_id = null where run_id in (select id from changed))`,
  ]);
}

const CLEARED: Readonly<Record<Cleared, string>> = {
  lease: `lease_until = null, ${WORK_ENDED}`,
  owner: 'owner = null',
  waiting: 'waiting_for = null, waiting_since = null',
  'earlier views': 'waits_for_views = null',
  staging: 'staging_table = null, refused_table = null',
};

/** `entry`: the name of the entry in SQL, if it differs from the transition's. */
function assignments(transition: Transition, { set = {}, facts }: Change, entry?: string): string {
  const { moves, epoch, clears } = transition;
  return [
    ...stateSet(moves),
    ...timeSet(moves),
    ...(epoch.includes('raise') ? ['epoch = r.epoch + 1'] : []),
    ...clears.map((cleared) => CLEARED[cleared]),
    ...Object.entries(set).map(([column, value]) => `${column} = ${value}`),
    ...historySet(transition, facts, entry),
  ].join(', ');
}

function stateSet(moves: Transition['moves']): string[] {
  const pairs = Object.entries(moves);
  const targets = new Set(Object.values(moves));
  if (pairs.every(([from, to]) => from === to)) return [];
  if (targets.size === 1) return [`state = '${[...targets].join()}'`];
  return [`state = case r.state ${pairs.map(([from, to]) => `when '${from}' then '${to}'`).join(' ')} end`];
}

/** When a run reached the state. */
function timeSet(moves: Transition['moves']): string[] {
  if (Object.values(moves).some((state) => isIn({ state }, 'over'))) return ['closed_at = millrace.now()'];
  return moves.active === 'committed' ? ['committed_at = millrace.now()'] : [];
}

function historySet({ entry, moves }: Transition, facts: string | undefined, name?: string): string[] {
  if (entry === null) return [];
  const parts = [
    `jsonb_build_object('what', ${name ?? `'${entry}'`}, 'at', millrace.now())`,
    ...(entry === 'closed' ? [closedFacts(moves)] : []),
    ...(facts === undefined ? [] : [facts]),
  ];
  return [`history = millrace.remembered(r.history, ${parts.join(' || ')})`];
}

function closedFacts(moves: Transition['moves']): string {
  return `jsonb_build_object('state', '${[...new Set<RunState>(Object.values(moves))].join()}')`;
}
