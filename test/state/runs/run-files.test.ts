// The files that earlier runs have read for a part of a view's time.

import { describe, expect, test } from 'vitest';
import { filesReadBefore } from '../../../src/state/runs/run-files.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, view } from '../../support/views.ts';
import { openWorld } from '../../support/world.ts';

const RUNS = 20_000;

/** The numbers of rows in a query plan. */
type Plan = {
  readonly 'Index Name'?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
};

const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

describe('filesReadBefore', () => {
  test('reads only runs of the same time, for any number of newer runs', async () => {
    await using world = await openWorld();
    await world.apply(view());
    const { database } = world.app;
    const { id: viewId } = await requireAppliedView(database, 'spend');
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, stage, files_digest)
         select $1, tstzrange(hour, hour + interval '1 hour'), 'schedule', '', 'done', 'done', 'x'
           from generate_series(timestamptz '2026-01-01', timestamptz '2026-01-01' + interval '1 hour' * ${RUNS - 1}, '1 hour') hour`,
      [viewId],
    );
    await world.sql('analyze millrace.run');
    const plans: Plan[] = [];
    const explained: Pick<typeof database, 'query'> = {
      query: async (text, values) => {
        const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
          `explain (analyze, format json) ${text}`,
          values,
        );
        plans.push(...flat(row?.['QUERY PLAN'][0].Plan ?? {}));
        return database.query(text, values);
      },
    };
    const span = { start: at('2026-01-01T05:00Z'), end: at('2026-01-01T07:00Z') };
    const found = await filesReadBefore(explained, { id: 0, viewId, span });
    expect(found.map(({ runId }) => runId)).toEqual([7, 6]);
    expect(plans.map((plan) => plan['Index Name'])).toContain('run_of_files_by_span');
    for (const plan of plans) {
      expect(plan['Rows Removed by Filter'] ?? 0).toBeLessThan(10);
      expect(plan['Rows Removed by Index Recheck'] ?? 0).toBeLessThan(10);
    }
  });
});
