// The audit of operations, and where it is shown.

import { describe, expect, test } from 'vitest';
import { changeViews } from '../support/change-views.ts';
import { slowTest } from '../support/sample.ts';
import { command, type OperatedWorld, openOperated } from './worlds.ts';

type Recorded = {
  readonly verb: string;
  readonly views: string[];
  readonly request: object;
  readonly result: object | null;
};

async function recorded({ database }: OperatedWorld, after = 0): Promise<Recorded[]> {
  return database.query<Recorded>(
    `select verb, to_jsonb(views) as views, request, result from millrace.audit order by id offset $1`,
    [after],
  );
}

async function count(world: OperatedWorld): Promise<number> {
  return (await recorded(world)).length;
}

describe('the audit', () => {
  slowTest('lists the operations of one view or of all on the command line', async () => {
    const world = await openOperated();
    await command(world, 'pause orders --reason moving');
    await world.post('/views/spend/pause', { reason: 'moving, too' });
    await command(world, 'backfill orders --here');
    const { stdout } = await command(world, 'audit --limit 3');
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/).slice(2))).toEqual([
      ['WHO', 'WHAT', 'REQUEST', 'OUTCOME', 'RESULT'],
      [
        expect.stringMatching(/^ada@/),
        'backfill.start',
        'view orders; mode missing; order oldest; parallel 2',
        'refused: VIEW_PAUSED',
      ],
      ['ada (dashboard)', 'pause', 'views spend; reason moving, too', 'done', 'views spend'],
      [expect.stringMatching(/^ada@/), 'pause', 'views orders; reason moving', 'done', 'views orders'],
      [],
    ]);
    const of = JSON.parse((await command(world, 'audit spend --json')).stdout);
    expect(of.operations[0]).toMatchObject({
      actorKind: 'dashboard',
      actorName: 'ada',
      actorRole: 'operator',
      verb: 'pause',
      views: ['spend'],
      request: { views: ['spend'], reason: 'moving, too' },
      failure: null,
    });
  });

  test('is shown on the dashboard, including refusals', async () => {
    const world = await openOperated();
    await world.post('/runs/2/retry');
    await world.post('/runs/2/retry');
    const { status, body } = await world.read('/audit?view=orders');
    const text = body.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    expect([status, text]).toEqual([
      200,
      expect.stringMatching(
        /ada \(dashboard\) retry orders runs 2 refused: ARGUMENT_INVALID .* retry orders runs 2 done runs 3/,
      ),
    ]);
    expect((await world.read('/audit?view=nothing')).status).toBe(404);
  });

  slowTest(
    'records a deployment, and an edit with its meaning; a command with nothing to apply adds no row',
    async () => {
      const world = await openOperated();
      await command(world, 'apply');
      const before = await count(world);
      await command(world, 'run spend --here');
      expect(await recorded(world, before)).toMatchObject([{ verb: 'run', views: ['spend'], result: { runs: 2 } }]);
      const spend = (query: string) => `name: spend
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-03
type: float
query: ${query}
`;
      await world.write({
        'features/spend.yaml': spend('select entity_id, 2 * value as value, {{end}} as timestamp from spend'),
      });
      await command(world, 'run spend --here');
      await command(world, 'apply spend --restate');
      expect(await recorded(world, before + 1)).toMatchObject([
        { verb: 'apply', views: ['spend'], result: { changes: [{ name: 'spend', change: 'edited' }] } },
        { verb: 'run', views: ['spend'], result: null },
        {
          verb: 'apply',
          views: ['spend'],
          request: { definitions: ['spend'], meaning: 'restate' },
          result: { settled: [{ name: 'spend', meaning: 'restate', units: 2 }] },
        },
      ]);
    },
  );

  test('leaves out free text for a redacted view', async () => {
    const world = await openOperated();
    await changeViews(world.database, 'orders', { redacted: true });
    const before = await count(world);
    await command(world, 'pause orders --reason secret');
    expect(await recorded(world, before)).toMatchObject([{ verb: 'pause', request: { views: ['orders'] } }]);
    expect(await world.database.query(`select from millrace.audit a where a::text like '%secret%'`)).toEqual([]);
  });

  test('is written in the same transaction: if that fails, nothing is done', async () => {
    const world = await openOperated();
    await world.database.run('alter table millrace.audit add check (false) not valid');
    const { code } = await command(world, 'pause orders');
    const [view] = await world.database.query(`select paused_kind as kind from millrace.view where name = 'orders'`);
    expect([code, view]).toEqual([1, { kind: null }]);
  });
});
