// Runs that a person starts may take as long as the jobs of their view allow.

import { describe, expect, test } from 'vitest';
import { slowTest } from '../support/sample.ts';
import { type CommandWorld, NIGHTLY, openCommandWorld, SPEND } from './world.ts';

const TAGGED = 'name: weekly\ncron: "0 4 * * 0"\nviews: ["tag:money"]\npaused: true\n';

/** The timeout of each run in minutes, by its reason. */
async function minutes({ database }: CommandWorld): Promise<object> {
  const rows = await database.query<{ reason: string; minutes: number[] }>(
    `select reason, jsonb_agg(distinct (options->>'timeoutMs')::int / 60000) as minutes from millrace.run group by 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.reason, row.minutes]));
}

describe('the timeout of runs that a person starts', () => {
  slowTest('is the longest of the deployed jobs that name the view or its tag', async () => {
    const world = await openCommandWorld({
      'features/spend.yaml': `${SPEND}tags: [money]\n`,
      'jobs/nightly.yaml': `${NIGHTLY}timeout: 45m\n`,
      'jobs/weekly.yaml': `${TAGGED}timeout: 2h\n`,
      'jobs/other.yaml': 'name: other\ncron: "0 4 * * 0"\nviews: [other]\ntimeout: 3h\n',
      'features/other.yaml': SPEND.replace('name: spend', 'name: other'),
    });
    await world.millrace('apply');
    await world.millrace('run spend --here');
    await world.millrace('restate spend --here');
    await world.millrace('backfill spend --mode all --here');
    expect(await minutes(world)).toEqual({ manual: [120], restate: [120], backfill: [120] });
  });

  test('is the default if no job is deployed', async () => {
    const world = await openCommandWorld({ 'jobs/nightly.yaml': `${NIGHTLY}timeout: 45m\n` });
    await world.millrace('run spend --here');
    expect(await minutes(world)).toEqual({ manual: [30] });
  });

  test('is the current one for a retry', async () => {
    const world = await openCommandWorld({
      'features/spend.yaml': SPEND.replace('value,', '1 / (value - 2) as value,'),
    });
    await world.millrace('apply');
    await world.millrace('run spend --here');
    await world.write({ 'jobs/nightly.yaml': `${NIGHTLY}timeout: 45m\n` });
    await world.millrace('apply');
    await world.millrace('retry 1 --here');
    expect(await world.database.query(`select id, options->'timeoutMs' as ms from millrace.run order by id`)).toEqual([
      { id: 1, ms: 1_800_000 },
      { id: 2, ms: 1_800_000 },
      { id: 3, ms: 2_700_000 },
    ]);
  });
});
