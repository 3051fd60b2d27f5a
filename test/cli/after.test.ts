// Commands on views that depend on others.

import { describe, expect, test } from 'vitest';
import { openCommandWorld, SPEND } from './world.ts';

const TOTAL = `${SPEND.replace('name: spend', 'name: total')}after: [spend]\n`;

/** What `total` covered before `spend`. */
const TOO_EARLY = `
  select later.id
    from millrace.event later join millrace.view v on v.id = later.view_id
   where v.name = 'total' and later.kind = 'covered' and not later.span <@ (
     select coalesce(range_agg(part), '{}')
       from millrace.event e join millrace.view s on s.id = e.view_id, unnest(e.span) part
      where s.name = 'spend' and e.kind = 'covered' and e.id < later.id)`;

describe('millrace run', () => {
  test('performs a view after the views that it depends on', async () => {
    const world = await openCommandWorld({ 'features/total.yaml': TOTAL });
    const { code, stdout } = await world.millrace('run total spend --here --json');
    const { done, failed } = JSON.parse(stdout);
    expect({ code, done, failed }).toEqual({ code: 0, done: 4, failed: 0 });
    expect(await world.database.query(TOO_EARLY)).toEqual([]);
  });

  test('leaves runs that wait for a view that makes no progress, and shows the reason in one line', async () => {
    const world = await openCommandWorld({ 'features/total.yaml': TOTAL });
    await world.millrace('apply');
    expect(await world.millrace('run total --here')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        '2 runs of total are waiting and will be retried; the first: spend does not cover [2026-01-01T00:00:00Z, 2026-01-02T00:00:00Z) yet\n',
    });
  });
});
