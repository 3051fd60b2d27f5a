// The output of `millrace restate`.

import { describe, expect, test } from 'vitest';
import { openCommandWorld, SPEND } from './world.ts';

describe('restate', () => {
  test('reports that nothing is stored in the range, even without a worker', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    expect(await world.millrace('restate spend --from 2026-01-03')).toEqual({
      code: 0,
      stdout: 'spend: nothing in that range is stored or held; to run what is due: millrace run spend\n',
      stderr: '',
    });
    expect((await world.millrace('restate spend --from 2026-01-02')).stderr).toMatch(/^No worker is running/);
  });

  test('performs the runs of the range, and leaves the rest of the backlog', async () => {
    const world = await openCommandWorld({
      'features/spend.yaml': SPEND.replace('end: 2026-01-03', 'end: 2026-01-08'),
    });
    await world.millrace('run spend --here');
    await world.database.run(
      `update millrace.coverage set covered = '{[2026-01-01,2026-01-04)}', published = '{[2026-01-01,2026-01-04)}'`,
    );
    await world.database.run(
      `insert into millrace.run (view_id, span, reason, fingerprint, options)
         select id, '[2026-01-05,2026-01-06)', 'schedule', data_fingerprint, '{}' from millrace.view`,
    );
    await world.database.run(
      `insert into millrace.backlog (view_id, reason, options, span)
         select id, reason, '{}', span from millrace.view,
                (values ('schedule', tstzmultirange '{[2026-01-06,2026-01-07)}'),
                        ('restate', tstzmultirange '{[2026-01-01,2026-01-02)}')) left_out (reason, span)`,
    );
    const { code, stdout } = await world.millrace('restate spend --from 2026-01-02 --to 2026-01-03 --here --json');
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      done: 1,
      runs: [{ span: { start: '2026-01-02T00:00:00.000Z' }, state: 'done' }],
    });
    expect(
      await world.database.query(`select lower(span)::date::text as day from millrace.run where state = 'planned'`),
    ).toEqual([{ day: '2026-01-05' }]);
    expect(await world.database.query('select reason from millrace.backlog order by 1')).toEqual([
      { reason: 'restate' },
      { reason: 'schedule' },
    ]);
  });
});
