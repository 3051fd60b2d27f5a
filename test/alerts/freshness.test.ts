import { describe, expect, test } from 'vitest';
import { at, view } from '../support/views.ts';
import { day, lookAndSend, withTable } from './looking.ts';
import { openAlertWorld, rule } from './world.ts';

describe('an alert of freshness_missed', () => {
  test('fires when the watermark is further behind than allowed, and ends when it is not', async () => {
    await using world = await openAlertWorld();
    await withTable(world, `('ada', 1)`);
    const open = { end: null, freshnessMs: 2 * 86_400_000 };
    await world.system.apply(
      view(open),
      view({ name: 'other', end: null }),
      view({ name: 'past', end: at('2026-01-03'), freshnessMs: 1_000 }),
    );
    await world.tick('past');
    await world.tick('spend', day(1));
    const late = rule({ when: 'freshness_missed' });
    await world.setNow('2026-01-04T00:00:00Z');
    expect(await lookAndSend(world, late)).toEqual([]);
    await world.setNow('2026-01-04T00:00:01Z');
    expect(await lookAndSend(world, late)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'spend is 2d behind (freshness target: 2d).',
      views: [{ since: '2026-01-04T00:00:00.000Z', lagMs: 2 * 86_400_000 + 1_000 }],
    });
    await world.tick('spend');
    expect(await lookAndSend(world, late)).toEqual(['resolved spend']);
  });
});

describe('the sentence of an alert of freshness_missed', () => {
  test('names the run that failed, or that waits for a worker', async () => {
    await using world = await openAlertWorld();
    const open = { kind: 'latest', end: null, freshnessMs: 90_000 } as const;
    const query = 'select entity_id, value, now() as timestamp from gone';
    const [one, other] = [view({ ...open, name: 'untaken' }), view({ ...open, name: 'failed', query })];
    await world.setNow('2026-01-04T00:00:00Z');
    await world.system.apply(one, other, view({ ...open, name: 'redacted', query, redacted: true }));
    await world.system.plan('untaken');
    await world.system.materialize('failed', { attempts: 1 });
    await world.system.materialize('redacted', { attempts: 1 });
    await world.setNow('2026-01-04T00:04:16Z');
    const late = rule({ when: 'freshness_missed' });
    await lookAndSend(world, late);
    const sentences = world.hook.messages().flatMap(({ views }) => views.map(({ what }) => what));
    expect(sentences.toSorted()).toEqual([
      expect.stringMatching(
        `^failed is 4m 16s behind \\(freshness target: 1m 30s\\): its last run \\(run 2\\) failed with SOURCE_QUERY: .+`,
      ),
      expect.stringMatching(
        `^redacted is 4m 16s behind \\(freshness target: 1m 30s\\): its last run \\(run 3\\) failed with SOURCE_QUERY: .* rejected the query: \\[redacted\\] .+`,
      ),
      `untaken is 4m 16s behind (freshness target: 1m 30s): no worker has picked up its run 1.`,
    ]);
  });
});

describe('an alert of freshness_missed of a view of kind latest', () => {
  test('counts from the first deployment of the view until a run has succeeded', async () => {
    await using world = await openAlertWorld();
    await world.setNow('2026-01-08T00:00:00Z');
    await world.system.apply(
      view({ name: 'rates', kind: 'latest', start: at('1970-01-01'), end: null, freshnessMs: 3_600_000 }),
    );
    const late = rule({ when: 'freshness_missed' });
    await world.setNow('2026-01-08T01:00:00Z');
    expect(await lookAndSend(world, late)).toEqual([]);
    await world.setNow('2026-01-08T01:00:01Z');
    expect(await lookAndSend(world, late)).toEqual(['firing rates']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'rates is 1h behind (freshness target: 1h).',
    });
  });
});
