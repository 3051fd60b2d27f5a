// Three different faults on three days are three causes: in status, on the overview, and in an alert.

import { describe, expect, test } from 'vitest';
import { lookByRule } from '../../src/alerts/look.ts';
import { rule, SENDER } from '../alerts/world.ts';
import { openCommandWorld } from '../cli/world.ts';
import { openDashboardWorld } from '../dashboard/server-world.ts';

const VISITS = `name: visits
entity: customer
source: lake
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-04
freshness: 2d
type: float
files: "{yyyy}-{MM}-{dd}.csv*"
format: csv
types: { value: float }
on_missing: fail
query: select entity_id, value, {{end}} as timestamp from files
`;

describe('three faults on three days', () => {
  test('are three causes in status, on the overview and in an alert', async () => {
    const world = await openCommandWorld({
      'features/visits.yaml': VISITS,
      'lake/2026-01-01.csv.gz': 'this is not a gzip file',
      'lake/2026-01-02.csv': 'entity_id,amount\nada,1\n',
      'lake/2026-01-03.csv': 'entity_id,value\nada,much\nbob,more\n',
    });
    const { stderr } = await world.millrace('run visits --here --parallel 1');
    expect(stderr).toMatch(/^run 1: .*\nrun 2: .*\nrun 3: /);
    const causes = 'ROWS_REFUSED 1, SOURCE_SHAPE 1, FILE_BROKEN 1';
    const { stdout } = await world.millrace('status visits');
    expect(stdout).toContain(`visits: 3 units are held: ${causes}; fix the causes, then run: millrace backfill visits`);
    expect(stdout).toContain(`causes      ${causes}\n`);
    expect(JSON.parse((await world.millrace('status visits --json')).stdout).views[0].heldCauses).toEqual([
      { code: 'ROWS_REFUSED', units: 1, runs: 1, run: 3 },
      { code: 'SOURCE_SHAPE', units: 1, runs: 1, run: 2 },
      { code: 'FILE_BROKEN', units: 1, runs: 1, run: 1 },
    ]);
    const dashboard = await openDashboardWorld({ database: world.database });
    expect((await dashboard.ask('/')).body).toContain(`3 units are held: ${causes}`);
    const late = rule({ when: 'freshness_missed' });
    await lookByRule({ database: world.database, sender: SENDER, rules: [late] }, late);
    const [sent] = await world.database.query<{ summary: string }>(
      `select body->>'summary' as summary from millrace.alert_message`,
    );
    expect(sent?.summary).toMatch(new RegExp(`^visits is .* behind .*: 3 units are held: ${causes}\\.$`));
    const held = rule({ when: 'intervals_held' });
    await lookByRule({ database: world.database, sender: SENDER, rules: [late, held] }, held);
    expect(
      await world.database.query(
        `select body->>'summary' as summary from millrace.alert_message order by id desc limit 1`,
      ),
    ).toEqual([{ summary: `visits: 3 units are held: ${causes}; to see them: "millrace intervals visits".` }]);
  });
});
