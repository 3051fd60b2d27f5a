// Commands on a view with more due units than it may have open runs.

import { describe, expect, test } from 'vitest';
import { type CommandWorld, openCommandWorld, SPEND } from './world.ts';

/** A deployed week of `spend`: its first day is planned, the others are left out. */
async function partlyPlanned(): Promise<CommandWorld> {
  const world = await openCommandWorld({ 'features/spend.yaml': SPEND.replace('end: 2026-01-03', 'end: 2026-01-08') });
  await world.millrace('apply');
  await world.database.run(
    `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select id, '[2026-01-01,2026-01-02)', 'schedule', data_fingerprint, '{"attempts": 1, "timeoutMs": 60000}' from millrace.view`,
  );
  await world.database.run(
    `insert into millrace.backlog (view_id, reason, options, span)
       select id, 'restate', '{"attempts": 1, "timeoutMs": 60000, "allowRemovals": true}', '{[2026-01-02,2026-01-08)}' from millrace.view`,
  );
  return world;
}

describe('status', () => {
  test('shows how many units are left to plan, as text and as JSON', async () => {
    const world = await partlyPlanned();
    expect((await world.millrace('status spend')).stdout).toContain(
      'spend: 6 more units will be planned when its open runs finish.\n',
    );
    expect(JSON.parse((await world.millrace('status --json')).stdout)).toMatchObject({
      views: [{ name: 'spend', openRuns: 1, leftUnits: 6 }],
    });
  });
});

describe('run', () => {
  test('performs open runs first, then what was left out, one round at a time', async () => {
    const world = await partlyPlanned();
    const { code, stdout } = await world.millrace('run spend --here');
    expect({ code, lines: stdout.split('\n').filter((line) => line.includes(' done, ')) }).toEqual({
      code: 0,
      lines: ['1 run done, 2 rows read: 2 inserted.', '6 runs done, 12 rows read: 12 inserted.'],
    });
    expect(
      await world.database.query(
        `select count(*)::int as runs, bool_and(state = 'done') as done,
                count(*) filter (where options->'allowRemovals' = 'true')::int as restated from millrace.run`,
      ),
    ).toEqual([{ runs: 7, done: true, restated: 6 }]);
    expect(await world.database.query('select id from millrace.backlog')).toEqual([]);
  });

  test('prints one JSON document for all rounds', async () => {
    const world = await partlyPlanned();
    const found = JSON.parse((await world.millrace('run spend --here --json')).stdout);
    expect(found).toMatchObject({ done: 7, failed: 0, waiting: 0, counts: { read: 14, inserted: 14 } });
    expect(found.runs).toHaveLength(7);
  });
});
