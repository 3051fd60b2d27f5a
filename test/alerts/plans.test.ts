import { describe, expect, test } from 'vitest';
import { ALERT_CONDITIONS } from '../../src/definition/alert.ts';
import { failingViews } from '../../src/state/alerts/conditions.ts';
import { view } from '../support/views.ts';
import { openAlertWorld, rule } from './world.ts';

describe('viewsInTrouble', () => {
  test('scans no whole table of runs or events', async () => {
    await using world = await openAlertWorld();
    const { system } = world;
    await system.apply(...Array.from({ length: 20 }, (_, index) => view({ name: `v${index}` })));
    await system.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, closed_at, counts)
       select v.id, tstzrange('2026-01-01', '2026-01-02'), 'schedule', 'x', 'done', millrace.now(), '{"read": 9, "refused": 3}'
         from millrace.view v, generate_series(1, 500) n`,
    );
    await system.sql(
      `insert into millrace.event (view_id, kind) select v.id, 'covered' from millrace.view v, generate_series(1, 500) n`,
    );
    await system.sql('analyze');
    for (const when of ALERT_CONDITIONS) {
      const plan: string[] = [];
      const { database } = system.app;
      await failingViews(
        {
          ...database,
          query: async (text, values) => {
            const lines = await database.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
            plan.push(...lines.map((line) => line['QUERY PLAN']));
            return [];
          },
        },
        rule({ when }),
      );
      expect(plan.length).toBeGreaterThan(2);
      expect(plan.filter((line) => /Seq Scan on (run|event)/.test(line))).toEqual([]);
    }
  });
});
