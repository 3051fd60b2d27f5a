// What is refused, and with which code: because a view is paused, a name or an id is wrong, or no worker is running.

import { BACKFILL, PAUSED, PAUSED_BACKFILL, type Verb } from './verbs.ts';
import type { OperatedWorld } from './worlds.ts';

type Refusal = Verb & { readonly code: string };

const NO_WORKER = async ({ database }: OperatedWorld) => database.run('delete from millrace.process');

export const REFUSALS: readonly Refusal[] = [
  { verb: 'run', code: 'VIEW_PAUSED', given: PAUSED, typed: 'run orders', requested: ['/views/orders/run'] },
  { verb: 'run', code: 'WORKER_MISSING', given: NO_WORKER, typed: 'run spend', requested: ['/views/spend/run'] },
  {
    verb: 'retry',
    code: 'VIEW_PAUSED',
    given: PAUSED,
    typed: 'retry 2',
    posted: ['/runs/2/retry'],
    requested: ['/runs/2/retry'],
  },
  {
    verb: 'retry',
    code: 'NOT_FOUND',
    typed: 'retry 99',
    posted: ['/runs/99/retry'],
    requested: ['/runs/99/retry'],
  },
  {
    verb: 'retry',
    code: 'WORKER_MISSING',
    given: NO_WORKER,
    typed: 'retry 2',
    posted: ['/runs/2/retry'],
    requested: ['/runs/2/retry'],
  },
  {
    verb: 'retry',
    code: 'ARGUMENT_INVALID',
    typed: 'retry 1',
    posted: ['/runs/1/retry'],
    requested: ['/runs/1/retry'],
  },
  {
    verb: 'retry, all that failed',
    code: 'WORKER_MISSING',
    given: NO_WORKER,
    typed: 'retry --failed',
    posted: ['/bulk/retry', { target: 'all' }],
  },
  {
    verb: 'pause',
    code: 'NOT_FOUND',
    typed: 'pause ordres',
    posted: ['/views/ordres/pause'],
    requested: ['/views/ordres/pause', {}],
  },
  { verb: 'pause, a tag', code: 'NOT_FOUND', typed: 'pause tag:mony', posted: ['/bulk/pause', { target: 'tag:mony' }] },
  {
    verb: 'resume',
    code: 'NOT_FOUND',
    typed: 'resume ordres',
    posted: ['/views/ordres/resume'],
    requested: ['/views/ordres/resume'],
  },
  {
    verb: 'restate',
    code: 'VIEW_PAUSED',
    given: PAUSED,
    typed: 'restate orders --from 2026-01-01',
    posted: ['/views/orders/restate', { from: '2026-01-01' }],
    requested: ['/views/orders/restate', { from: '2026-01-01' }],
  },
  {
    verb: 'restate',
    code: 'WORKER_MISSING',
    given: NO_WORKER,
    typed: 'restate orders --from 2026-01-01',
    posted: ['/views/orders/restate', { from: '2026-01-01' }],
    requested: ['/views/orders/restate', { from: '2026-01-01' }],
  },
  ...(
    [
      ['VIEW_PAUSED', PAUSED],
      ['WORKER_MISSING', NO_WORKER],
      ['BACKFILL_OVERLAPS', BACKFILL],
    ] as const
  ).map(
    ([code, given]): Refusal => ({
      verb: 'backfill.start',
      code,
      given,
      typed: 'backfill orders --mode all --detach',
      posted: ['/views/orders/backfill', { mode: 'all' }],
      requested: ['/views/orders/backfill', { mode: 'all' }],
    }),
  ),
  ...(['pause', 'resume', 'cancel'] as const).map(
    (control): Refusal => ({
      verb: `backfill.${control}`,
      code: 'NOT_FOUND',
      typed: `backfills ${control} 99`,
      posted: [`/backfills/99/${control}`],
      requested: [`/backfills/99/${control}`],
    }),
  ),
  {
    verb: 'backfill.resume',
    code: 'WORKER_MISSING',
    given: async (world) => {
      await PAUSED_BACKFILL(world);
      await NO_WORKER(world);
    },
    typed: 'backfills resume 2 --detach',
    posted: ['/backfills/2/resume'],
    requested: ['/backfills/2/resume'],
  },
  { verb: 'rebuild', code: 'NOT_FOUND', typed: 'rebuild ordres', posted: ['/views/ordres/rebuild'] },
];
