// The output and effects of `pause` and `resume`.

import { describe, expect, test } from 'vitest';
import { openOrders } from '../backfill/world.ts';

describe('pause', () => {
  test('shows the effect on planned and active runs', async () => {
    const world = await openOrders();
    await world.database.run(
      `insert into millrace.process (id, kind, host, pid, version) values ('test', 'worker', 'test', 1, '0')`,
    );
    await world.millrace('backfill orders --chunk 12h --detach');
    expect(await world.millrace('pause orders --reason moving')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'paused  orders; resume it with: millrace resume orders',
        '  2 planned runs withdrawn; their intervals are due again when the view is resumed.',
        '',
      ].join('\n'),
    });
    expect((await world.millrace('pause orders --reason again')).stdout).toBe(
      'orders is already paused, since 2026-01-05 12:00 UTC: moving.\n',
    );
  });

  test.each(['run orders --here', 'restate orders --here', 'backfill orders --here'])(
    'refuses: millrace %s',
    async (words) => {
      const world = await openOrders();
      await world.millrace('pause orders --reason moving');
      expect(await world.millrace(words)).toEqual({
        code: 3,
        stdout: '',
        stderr:
          'orders has been paused since 2026-01-05 12:00 UTC (moving), so no runs start. Resume it with "millrace resume orders".\n',
      });
    },
  );

  test('refuses a retired view', async () => {
    const world = await openOrders();
    await world.database.run(`update millrace.view set retired_at = millrace.now() where name = 'orders'`);
    expect(await world.millrace('pause spend orders')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'orders is retired: its definition was removed, so there is nothing to pause.\n',
    });
    expect(await world.database.query('select from millrace.view where paused_kind is not null')).toEqual([]);
  });

  test('pauses no view if one name is misspelled', async () => {
    const world = await openOrders();
    const { code, stderr } = await world.millrace('pause orders spnd');
    expect([code, stderr]).toEqual([3, 'There is no view "spnd" in the deployed definitions; did you mean `spend`?\n']);
    expect(await world.database.query('select from millrace.view where paused_kind is not null')).toEqual([]);
  });
});

describe('resume', () => {
  test('shows what is due and held, and how to run it', async () => {
    const world = await openOrders([3]);
    await world.millrace('backfill orders --chunk 12h --here --from 2026-01-01T12:00Z');
    await world.millrace('pause orders');
    expect((await world.millrace('resume orders')).stdout).toBe(
      [
        'resumed  orders',
        '  1 run will start only on request, because no job schedules orders; to run it now: millrace run orders',
        '  12 units stay held; to run them: millrace backfill orders --mode failed --from 2026-01-02 --to 2026-01-02T12:00Z',
        '',
      ].join('\n'),
    );
    const again = await world.millrace('resume orders --json');
    expect(JSON.parse(again.stdout)).toEqual({
      views: [
        {
          view: 'orders',
          changed: false,
          due: [{ start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T12:00:00.000Z' }],
          held: [{ start: '2026-01-02T00:00:00.000Z', end: '2026-01-02T12:00:00.000Z' }],
        },
      ],
    });
  });
});
