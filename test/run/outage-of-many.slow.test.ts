// 60 views read a source that is away for an hour: afterwards all are fresh again without a command, and what failed for
// another reason is untouched. The hour passes on the clock of the state database; the server really stops and starts.

import { expect, test } from 'vitest';
import { at, view } from '../support/views.ts';
import { outageWorld } from './outage-world.ts';

const ONE_DAY = { end: at('2026-01-02') };
const VIEWS = Array.from({ length: 60 }, (_, place) => view({ ...ONE_DAY, name: `view_${place}` }));
const QUERY = 'select entity_id, nothing as value, {{end}} as timestamp from spend';

test('an outage of an hour needs no command', async () => {
  await using world = await outageWorld();
  await world.apply(...VIEWS, view({ ...ONE_DAY, name: 'broken', query: QUERY }));
  const heldViews = async () => {
    const rows = await world.sql(
      `select v.name from millrace.view v join millrace.coverage c on c.view_id = v.id where not isempty(c.held) order by 1`,
    );
    return rows.map(({ name }) => String(name));
  };
  await world.materialize('broken', { attempts: 1 });
  await world.server.stop();
  for (const { name } of VIEWS) await world.materialize(name, { attempts: 1 });
  for (let minute = 0; minute < 60; minute += 1) {
    await world.look();
    await world.passMinutes(1);
  }
  expect(await heldViews()).toHaveLength(61);
  await world.server.start();
  let minutes = 0;
  for (; minutes < 120 && (await heldViews()).length > 1; minutes += 1) {
    await world.look();
    await world.passMinutes(1);
  }
  // The wait before a probe is at most as long as the outage was.
  expect(minutes).toBeLessThanOrEqual(64);
  expect(await heldViews()).toEqual(['broken']);
  expect(
    await world.sql(
      `select count(*)::int as fresh from millrace.view v join millrace.coverage c on c.view_id = v.id
        where v.name <> 'broken' and c.covered = c.published and millrace.watermark(v, c) = '2026-01-02Z'`,
    ),
  ).toEqual([{ fresh: 60 }]);
  expect(await world.sql('select cardinality(probed_at) as probes from millrace.source_probe')).toEqual([
    { probes: 6 },
  ]);
});
