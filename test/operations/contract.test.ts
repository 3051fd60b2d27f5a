// An operation has the same effect from the command line and on the dashboard: in two equal worlds, it leaves the same rows
// and the same jobs.

import { describe, expect, test } from 'vitest';
import { sampleOf } from '../support/sample.ts';
import { command, followed, type OperatedWorld, openOperated } from './worlds.ts';

type Verb = {
  readonly verb: string;
  /** The preparation of both worlds. */
  readonly given?: (world: OperatedWorld) => Promise<unknown>;
  readonly typed: (world: OperatedWorld) => Promise<unknown>;
  readonly posted: (world: OperatedWorld) => Promise<unknown>;
};

const PAUSED = async (world: OperatedWorld) => void (await command(world, 'pause orders --reason moving'));
const BACKFILL = async (world: OperatedWorld) =>
  void (await command(world, 'backfill orders --mode all --to 2026-01-02 --chunk 6h --detach'));

const FAILED_CHECK = async ({ database }: OperatedWorld) => {
  const check = { kind: 'row', expression: 'value > 2', onFailure: 'fail', atLeast: 1 };
  const outcome = { check, state: 'broken', facts: { kind: 'rows', broken: 1, rows: 24 } };
  await database.run('update millrace.run set checks = $1 where id = 2', [JSON.stringify([outcome])]);
};

const VERBS: readonly Verb[] = [
  {
    verb: 'retry',
    typed: (world) => followed(world, 'retry 2'),
    posted: async (world) => {
      await world.post('/runs/2/retry');
      await world.perform();
    },
  },
  {
    verb: 'retry, accepting checks',
    given: FAILED_CHECK,
    typed: (world) => followed(world, 'retry 2 --accept-checks'),
    posted: async (world) => {
      await world.post('/runs/2/accept');
      await world.perform();
    },
  },
  {
    verb: 'pause',
    typed: (world) => command(world, 'pause orders --reason moving'),
    posted: (world) => world.post('/views/orders/pause', { reason: 'moving' }),
  },
  {
    verb: 'pause, without a reason',
    typed: (world) => command(world, 'pause orders'),
    posted: (world) => world.post('/views/orders/pause'),
  },
  {
    verb: 'resume',
    given: PAUSED,
    typed: (world) => command(world, 'resume orders'),
    posted: (world) => world.post('/views/orders/resume'),
  },
  {
    verb: 'backfill.start',
    typed: (world) => command(world, 'backfill orders --mode all --from 2026-01-01 --to 2026-01-02 --detach'),
    posted: (world) => world.post('/views/orders/backfill', { mode: 'all', from: '2026-01-01', to: '2026-01-02' }),
  },
  {
    verb: 'backfill.pause',
    given: BACKFILL,
    typed: (world) => command(world, 'backfills pause 2'),
    posted: (world) => world.post('/backfills/2/pause'),
  },
  {
    verb: 'backfill.resume',
    given: async (world) => {
      await BACKFILL(world);
      await command(world, 'backfills pause 2');
    },
    typed: (world) => command(world, 'backfills resume 2 --detach'),
    posted: (world) => world.post('/backfills/2/resume'),
  },
  {
    verb: 'backfill.cancel',
    given: BACKFILL,
    typed: (world) => command(world, 'backfills cancel 2'),
    posted: (world) => world.post('/backfills/2/cancel'),
  },
  {
    verb: 'restate',
    typed: (world) => followed(world, 'restate orders --from 2026-01-01 --to 2026-01-02'),
    posted: async (world) => {
      await world.post('/views/orders/restate', { from: '2026-01-01', to: '2026-01-02' });
      await world.perform();
    },
  },
  {
    verb: 'rebuild',
    typed: (world) => command(world, 'rebuild orders'),
    posted: async (world) => {
      await world.post('/views/orders/rebuild');
      await world.repair();
    },
  },
];

/** Refused in a world with a paused view, or for something that does not exist. */
const REFUSED: readonly (Verb & { readonly code: string })[] = [
  {
    verb: 'retry',
    code: 'VIEW_PAUSED',
    given: PAUSED,
    typed: (world) => command(world, 'retry 2'),
    posted: (world) => world.post('/runs/2/retry'),
  },
  {
    verb: 'retry',
    code: 'NOT_FOUND',
    typed: (world) => command(world, 'retry 99'),
    posted: (world) => world.post('/runs/99/retry'),
  },
  {
    verb: 'pause',
    code: 'NOT_FOUND',
    typed: (world) => command(world, 'pause ordres'),
    posted: (world) => world.post('/views/ordres/pause'),
  },
  {
    verb: 'restate',
    code: 'VIEW_PAUSED',
    given: PAUSED,
    typed: (world) => command(world, 'restate orders --from 2026-01-01'),
    posted: (world) => world.post('/views/orders/restate', { from: '2026-01-01' }),
  },
  {
    verb: 'restate',
    code: 'WORKER_MISSING',
    given: (world) => world.database.run('delete from millrace.process'),
    typed: (world) => command(world, 'restate orders --from 2026-01-01'),
    posted: (world) => world.post('/views/orders/restate', { from: '2026-01-01' }),
  },
  {
    verb: 'backfill.cancel',
    code: 'NOT_FOUND',
    typed: (world) => command(world, 'backfills cancel 99'),
    posted: (world) => world.post('/backfills/99/cancel'),
  },
];

/** The world after the verb, with the actors of its audit rows left out. */
async function done(verb: Verb, by: 'typed' | 'posted') {
  const world = await openOperated();
  await verb.given?.(world);
  const before = await world.database.query('select from millrace.audit');
  await verb[by](world);
  const operations = await world.database.query<{ verb: string; failure: string | null; kind: string; name: string }>(
    `select verb, failure, actor_kind as kind, actor_name as name from millrace.audit order by id offset $1`,
    [before.length],
  );
  await world.database.run('update millrace.audit set actor_kind = $1, actor_role = null', ['command']);
  return { operations, rows: await world.rows() };
}

/** One operation that runs, one that is recorded, one of a backfill; all others run with `npm run test:all`. */
const QUICK: readonly string[] = ['retry', 'pause', 'backfill.cancel'];

describe('an operation', () => {
  test.each(sampleOf(VERBS, ({ verb }) => QUICK.includes(verb)))(
    'has the same effect from the command line and the dashboard: $verb',
    async (verb) => {
      const typed = await done(verb, 'typed');
      const posted = await done(verb, 'posted');
      const name = verb.verb.replace(/,.*/, '');
      expect(typed.operations).toMatchObject([{ verb: name, failure: null, kind: 'command' }]);
      expect(posted.operations).toEqual([{ verb: name, failure: null, kind: 'dashboard', name: 'ada' }]);
      expect(posted.rows).toEqual(typed.rows);
    },
  );

  test.each(sampleOf(REFUSED, ({ code }) => code === 'VIEW_PAUSED'))(
    'is refused by both: $verb, $code',
    async ({ code, ...verb }) => {
      const typed = await done(verb, 'typed');
      const posted = await done(verb, 'posted');
      expect(typed.operations).toMatchObject([{ verb: verb.verb, failure: code, kind: 'command' }]);
      expect(posted.operations).toMatchObject([{ verb: verb.verb, failure: code, kind: 'dashboard' }]);
      expect(posted.rows).toEqual(typed.rows);
    },
  );
});
