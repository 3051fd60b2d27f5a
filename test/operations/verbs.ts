// What a user can do, and how: as a command, as a form of the dashboard, and as a request to the API; some things also happen
// when a scheduler starts.
//
// A verb has only the ways that offer it: the API has no rebuild and nothing for many views, the dashboard no run and no removal
// of rows. Only the command line reads definition files, so only it deploys, and it refuses a name without a file, and options
// that contradict each other, before it asks for an operation.

import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { command, followed, type OperatedWorld } from './worlds.ts';

export type Verb = {
  /** Its name in the audit; after a comma, the case. */
  readonly verb: string;
  /** The preparation of each world. */
  readonly given?: (world: OperatedWorld) => Promise<unknown>;
  readonly typed: string;
  readonly posted?: readonly [path: string, form?: Readonly<Record<string, string>>];
  readonly requested?: readonly [path: string, body?: object];
  /** Whether the start of a scheduler does it, too. */
  readonly started?: true;
  /** What others do then: workers perform the runs, or the scheduler rebuilds the view as the command does itself. */
  readonly afterwards?: 'performed' | 'rebuilt';
};

/** The ways to do a verb, and the kind of actor in the audit. */
export const WAYS = { typed: 'command', posted: 'dashboard', requested: 'token', started: 'process' } as const;
export type Way = keyof typeof WAYS;

/** The ways besides the command. */
export function otherWaysOf(verb: Verb): readonly Way[] {
  return (['posted', 'requested', 'started'] as const).filter((way) => verb[way] !== undefined);
}

/** Does a verb in one of its ways. */
export async function act(
  world: OperatedWorld,
  { typed, posted, requested, afterwards }: Verb,
  way: Way,
): Promise<void> {
  if (way === 'typed') {
    await (afterwards === 'performed' ? followed : command)(world, typed);
    return;
  }
  if (way === 'posted' && posted !== undefined) await world.post(...posted);
  if (way === 'requested' && requested !== undefined) await world.send(...requested);
  if (way === 'started') await world.startScheduler();
  if (afterwards === 'performed') await world.perform();
  if (afterwards === 'rebuilt') await world.repair();
}

const DAY = { from: '2026-01-01', to: '2026-01-02' };
const DAY_TYPED = '--from 2026-01-01 --to 2026-01-02';

/** Commands, in this order. */
const after =
  (...commands: readonly string[]) =>
  async (world: OperatedWorld) => {
    for (const words of commands) await command(world, words);
  };

export const PAUSED = after('pause orders --reason moving');
export const BACKFILL = after('backfill orders --mode all --to 2026-01-02 --chunk 6h --detach');
export const PAUSED_BACKFILL = after(
  'backfill orders --mode all --to 2026-01-02 --chunk 6h --detach',
  'backfills pause 2',
);

/** Planned by a command that was stopped before it performed the runs. */
const PLANNED = async ({ database }: OperatedWorld) =>
  planDue(database, await requireAppliedView(database, 'spend'), 'manual', DEFAULT_RUN_OPTIONS);

const FAILED_CHECK = async ({ database }: OperatedWorld) => {
  const check = { kind: 'row', expression: 'value > 2', onFailure: 'fail', atLeast: 1 };
  const outcome = { check, state: 'broken', facts: { kind: 'rows', broken: 1, rows: 24 } };
  await database.run('update millrace.run set checks = $1 where id = 2', [JSON.stringify([outcome])]);
};

const OPEN_CIRCUIT = async ({ database }: OperatedWorld) =>
  database.run(
    `update millrace.view set paused_kind = 'circuit', paused_facts = '{"code": "SOURCE_QUERY", "run": 2, "runs": 1}',
            paused_at = millrace.now() where name = 'orders'`,
  );

export const VERBS: readonly Verb[] = [
  { verb: 'run', typed: 'run spend', requested: ['/views/spend/run'], afterwards: 'performed' },
  { verb: 'run, with nothing due', typed: 'run orders', requested: ['/views/orders/run'] },
  {
    verb: 'run, of runs that were planned before',
    given: PLANNED,
    typed: 'run spend',
    requested: ['/views/spend/run'],
    afterwards: 'performed',
  },
  {
    verb: 'retry',
    typed: 'retry 2',
    posted: ['/runs/2/retry'],
    requested: ['/runs/2/retry'],
    afterwards: 'performed',
  },
  {
    verb: 'retry, accepting checks',
    given: FAILED_CHECK,
    typed: 'retry 2 --accept-checks',
    posted: ['/runs/2/accept'],
    requested: ['/runs/2/retry', { accept_checks: true }],
    afterwards: 'performed',
  },
  {
    verb: 'retry, allowing removals',
    typed: 'retry 2 --allow-removals',
    requested: ['/runs/2/retry', { allow_removals: true }],
    afterwards: 'performed',
  },
  {
    verb: 'retry, all that failed',
    typed: 'retry --failed',
    posted: ['/bulk/retry', { target: 'all' }],
    afterwards: 'performed',
  },
  {
    verb: 'retry, what failed of a tag, with an open circuit',
    given: OPEN_CIRCUIT,
    typed: 'retry --failed tag:money --code SOURCE_QUERY',
    posted: ['/bulk/retry', { target: 'tag:money', code: 'SOURCE_QUERY' }],
    afterwards: 'performed',
  },
  {
    verb: 'retry, what failed of a source',
    typed: 'retry --failed --source shop',
    posted: ['/bulk/retry', { target: 'source:shop' }],
    afterwards: 'performed',
  },
  {
    verb: 'pause',
    typed: 'pause orders --reason moving',
    posted: ['/views/orders/pause', { reason: 'moving' }],
    requested: ['/views/orders/pause', { reason: 'moving' }],
  },
  {
    verb: 'pause, without a reason',
    typed: 'pause orders',
    posted: ['/views/orders/pause'],
    requested: ['/views/orders/pause', {}],
  },
  {
    verb: 'pause, again',
    given: PAUSED,
    typed: 'pause orders',
    posted: ['/views/orders/pause'],
    requested: ['/views/orders/pause', {}],
  },
  {
    verb: 'pause, a tag',
    typed: 'pause tag:money --reason moving',
    posted: ['/bulk/pause', { target: 'tag:money', reason: 'moving' }],
  },
  { verb: 'pause, a source', typed: 'pause --source shop', posted: ['/bulk/pause', { target: 'source:shop' }] },
  { verb: 'pause, all views', typed: 'pause --all', posted: ['/bulk/pause', { target: 'all' }] },
  {
    verb: 'resume',
    given: PAUSED,
    typed: 'resume orders',
    posted: ['/views/orders/resume'],
    requested: ['/views/orders/resume'],
  },
  {
    verb: 'resume, of a view that is not paused',
    typed: 'resume orders',
    posted: ['/views/orders/resume'],
    requested: ['/views/orders/resume'],
  },
  {
    verb: 'resume, a tag',
    given: PAUSED,
    typed: 'resume tag:money',
    posted: ['/bulk/resume', { target: 'tag:money' }],
  },
  {
    verb: 'resume, a source',
    given: PAUSED,
    typed: 'resume --source shop',
    posted: ['/bulk/resume', { target: 'source:shop' }],
  },
  { verb: 'resume, all views', given: PAUSED, typed: 'resume --all', posted: ['/bulk/resume', { target: 'all' }] },
  {
    verb: 'backfill.start',
    typed: `backfill orders --mode all ${DAY_TYPED} --detach`,
    posted: ['/views/orders/backfill', { mode: 'all', ...DAY }],
    requested: ['/views/orders/backfill', { mode: 'all', ...DAY }],
  },
  {
    verb: 'backfill.start, of held units, allowing removals',
    typed: 'backfill orders --mode failed --allow-removals --detach',
    requested: ['/views/orders/backfill', { mode: 'failed', allow_removals: true }],
  },
  {
    verb: 'backfill.start, with nothing to do',
    typed: 'backfill orders --detach',
    posted: ['/views/orders/backfill'],
    requested: ['/views/orders/backfill', {}],
  },
  {
    verb: 'backfill.pause',
    given: BACKFILL,
    typed: 'backfills pause 2',
    posted: ['/backfills/2/pause'],
    requested: ['/backfills/2/pause'],
  },
  {
    verb: 'backfill.resume',
    given: PAUSED_BACKFILL,
    typed: 'backfills resume 2 --detach',
    posted: ['/backfills/2/resume'],
    requested: ['/backfills/2/resume'],
  },
  {
    verb: 'backfill.cancel',
    given: BACKFILL,
    typed: 'backfills cancel 2',
    posted: ['/backfills/2/cancel'],
    requested: ['/backfills/2/cancel'],
  },
  {
    verb: 'restate',
    typed: `restate orders ${DAY_TYPED}`,
    posted: ['/views/orders/restate', DAY],
    requested: ['/views/orders/restate', DAY],
    afterwards: 'performed',
  },
  {
    verb: 'restate, allowing removals',
    typed: `restate orders ${DAY_TYPED} --allow-removals`,
    requested: ['/views/orders/restate', { ...DAY, allow_removals: true }],
    afterwards: 'performed',
  },
  {
    verb: 'restate, with nothing stored',
    typed: 'restate spend',
    posted: ['/views/spend/restate'],
    requested: ['/views/spend/restate', {}],
  },
  { verb: 'rebuild', typed: 'rebuild orders', posted: ['/views/orders/rebuild'], afterwards: 'rebuilt' },
  { verb: 'apply', typed: 'apply', started: true },
];
