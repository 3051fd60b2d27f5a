// The table of transitions against the real database: each run state has exactly the documented successors.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeRun, changeRuns, claim } from '../../../src/state/runs/change.ts';
import { STAGES } from '../../../src/state/runs/stages.ts';
import { RUN_STATES, type RunState, STATES } from '../../../src/state/runs/states.ts';
import { TRANSITIONS, type Transition, type TransitionName } from '../../../src/state/runs/transitions.ts';
import { view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

/** From → to, as documented. */
const ALLOWED: Readonly<Record<RunState, readonly RunState[]>> = {
  planned: ['planned', 'active', 'cancelled', 'superseded'],
  active: ['planned', 'active', 'committed', 'failed', 'cancelled', 'superseded'],
  committed: ['committed', 'done'],
  done: [],
  failed: [],
  cancelled: [],
  superseded: [],
};

const NAMES = Object.keys(TRANSITIONS) as TransitionName[]; // its own keys
const EVERY = NAMES.flatMap((name) => RUN_STATES.map((from) => ({ name, from })));

type Row = {
  readonly state: RunState;
  readonly epoch: number;
  readonly closed: boolean;
  readonly lease: boolean;
  readonly owner: string | null;
  readonly waiting: boolean;
  readonly entries: readonly string[];
};

let world: World;
let days = 0;

beforeAll(async () => {
  world = await openWorld();
  await world.apply(view());
});
afterAll(() => world[Symbol.asyncDispose]());

/** A run in a state, with an owner, an expired lease and a wait. */
async function runIn(state: RunState): Promise<number> {
  days += 1;
  const [row] = await world.sql(
    `insert into millrace.run (view_id, span, reason, fingerprint, state, stage, epoch, owner, lease_until, waiting_for, waiting_since)
     select id, tstzrange(timestamptz '2030-01-01' + make_interval(days => $2), timestamptz '2030-01-02' + make_interval(days => $2)),
            'manual', data_fingerprint, $1, 'extract', 7, 'before', millrace.now(), '{"kind": "overlap", "facts": {}}', millrace.now()
       from millrace.view returning id`,
    [state, days],
  );
  return Number(row?.['id']);
}

async function rowOf(id: number): Promise<Row> {
  const [row] = await world.app.database.query<Row>(
    `select state, epoch, closed_at is not null as closed, lease_until is not null as lease, owner,
            waiting_for is not null as waiting, jsonb_path_query_array(history, '$[*].what') as entries
       from millrace.run where id = $1`,
    [id],
  );
  if (row === undefined) throw new Error('the run is gone');
  return row;
}

async function change(name: TransitionName, id: number, epoch = 7): Promise<boolean> {
  const { database } = world.app;
  if (name === 'claim' || name === 'reclaim') return (await claim(database, id, {})) !== null;
  if (transition(name).by !== 'planner') return changeRun(database, name, { id, epoch }, { set: { notes: 'r.notes' } });
  const changed = await database.transaction((session) =>
    changeRuns(session, name, { where: 'r.id = $1', values: [id] }),
  );
  return changed.length > 0;
}

function transition(name: TransitionName): Transition {
  return TRANSITIONS[name];
}

/** The row of the run decides between claiming and reclaiming. */
function target(name: TransitionName, from: RunState): RunState | undefined {
  const moves: Transition['moves'] =
    name === 'claim' || name === 'reclaim'
      ? { ...TRANSITIONS.reclaim.moves, ...TRANSITIONS.claim.moves }
      : transition(name).moves;
  return moves[from];
}

describe('TRANSITIONS', () => {
  test.each(EVERY)('$name of a run that is $from', async ({ name, from }) => {
    const id = await runIn(from);
    const before = await rowOf(id);
    const to = target(name, from);
    expect(await change(name, id)).toBe(to !== undefined);
    const after = await rowOf(id);
    if (to === undefined) {
      expect(after).toEqual(before);
      return;
    }
    const { epoch, clears, entry } = transition(name);
    expect(after).toEqual({
      state: to,
      epoch: epoch.includes('raise') ? 8 : 7,
      closed: STATES.over.some((over) => over === to),
      lease: !clears.includes('lease'),
      owner: clears.includes('owner') ? null : 'before',
      waiting: !clears.includes('waiting'),
      entries: entry === null ? [] : [name === 'claim' ? 'taken over' : entry],
    });
  });

  const pairs = RUN_STATES.flatMap((from) => RUN_STATES.map((to) => ({ from, to })));
  test.each(pairs)('lead from $from to $to only if allowed', ({ from, to }) => {
    const leading = NAMES.filter((name) => target(name, from) === to);
    expect(leading.length > 0).toBe(ALLOWED[from].includes(to));
  });

  test.each(NAMES.filter((name) => transition(name).epoch.includes('compare')))(
    '%s leaves a run of another epoch alone',
    async (name) => {
      const [from] = RUN_STATES.filter((state) => target(name, state) !== undefined);
      const id = await runIn(from ?? 'planned');
      const before = await rowOf(id);
      expect(await change(name, id, 6)).toBe(false);
      expect(await rowOf(id)).toEqual(before);
    },
  );

  test('can end open runs, and never change closed ones', () => {
    const leaving = RUN_STATES.filter((from) => NAMES.some((name) => target(name, from) !== undefined));
    expect(leaving).toEqual(STATES.open);
  });
});

describe('the order of stages', () => {
  test('is the same in the engine', () => {
    expect(world.app.engine.stages.map(({ name }) => name)).toEqual(STAGES);
  });
});
