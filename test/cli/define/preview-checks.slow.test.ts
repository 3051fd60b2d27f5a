// millrace preview: it predicts the outcomes of the checks of the run that follows.

import { beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase } from '../../support/servers.ts';
import { type CommandWorld, openCommandWorld } from '../world.ts';

const EVENTS = `name: paid
entity: customer
source: shop
kind: events
interval: 1d
start: 2026-01-01
end: 2026-01-20
refused_max: 50%
features:
  - { name: amount, type: decimal }
  - { name: order_no, type: int }
  - { name: country, type: string, nullable: true }
query: |
  select customer as entity_id, at as timestamp, amount, order_no, country
    from paid where at >= {{start}} and at < {{end}}
`;

const CHECKS = `checks:
  - { row: "amount >= 0", on_failure: refuse }
  - { row: "amount < 1000", on_failure: warn }
  - { matches: "^[A-Z]{2}$", feature: country, on_failure: refuse }
  - { unique: [order_no], at_least: 99% }
  - { entities: { min: 5 } }
  - { volume: 40%, same: any }
  - { drift: amount, same: any, on_failure: warn }
  - { drift: country, same: any }
`;

const SNAPSHOT = `name: members
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-10
complete: true
removed_max: 20%
type: int
query: |
  select customer as entity_id, {{end}} as timestamp, level as value
    from members where since < {{end}} and until >= {{end}}
`;

const ZEROS = `name: visits
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-03
complete: true
absent: zero
type: int
query: |
  select customer as entity_id, {{end}} as timestamp, 1 as value
    from members where level in (0, 1, 20) and until >= {{end}}
`;

let world: CommandWorld;

type Outcome = { readonly check: { readonly kind: string }; readonly state: string; readonly facts: object };
type Run = {
  readonly counts: Readonly<Record<string, unknown>>;
  readonly broken: readonly { readonly code: string; readonly message: string }[];
  readonly checks: readonly Outcome[];
  readonly refused: readonly { readonly reason: string }[];
  readonly rows: readonly object[];
};

async function preview(words: string): Promise<{ code: number | null; runs: readonly Run[] }> {
  const { code, stdout, stderr } = await world.millrace(`preview ${words} --json`);
  expect(stderr).toBe('');
  const { runs } = JSON.parse(stdout) as { runs: Run[] }; // our own JSON
  return { code, runs };
}

/** The newest run of a view over a span. */
async function ran(view: string, start: string) {
  const [row] = await world.database.query<{ state: string; counts: Run['counts']; checks: Outcome[] }>(
    `select r.state, r.counts, r.checks from millrace.run r join millrace.view v on v.id = r.view_id
      where v.name = $1 and lower(r.span) = $2::timestamptz order by r.id desc limit 1`,
    [view, start],
  );
  if (row === undefined) throw new Error(`no run of ${view}`);
  return row;
}

/** A run stores the outcomes of all checks but those that refuse rows. */
const judged = (checks: readonly Outcome[]) =>
  checks.filter(({ check }) => !('onFailure' in check && check.onFailure === 'refuse'));

async function runDay(view: string, day: string, next: string): Promise<void> {
  // One at a time: a snapshot is compared with the one before it.
  await world.millrace(`backfill ${view} --from ${day} --to ${next} --here --parallel 1`);
}

const FILES = {
  'features/paid.yaml': EVENTS + CHECKS,
  'features/members.yaml': SNAPSHOT,
  'features/visits.yaml': ZEROS,
};

/** The project and the tables of its source. */
async function openShop(database?: string): Promise<CommandWorld> {
  const shop = await openCommandWorld(FILES, database);
  await shop.database.run(
    'create table paid (customer text, at timestamptz, amount numeric, order_no bigint, country text)',
  );
  await shop.database.run(`insert into paid
    select 'c' || i % 20, day + i * interval '10 minutes', i % 50 * 1.50, extract(epoch from day)::bigint + i, 'GB'
      from generate_series(0, 119) i, generate_series(timestamptz '2026-01-01Z', '2026-01-12Z', '1 day') day`);
  await shop.database.run('create table members (customer text, since timestamptz, until timestamptz, level int)');
  await shop.database.run(`insert into members
    select 'm' || i, '2025-12-01Z', case when i < 15 then timestamptz '2026-01-02 12:00Z' else '2026-01-05 12:00Z' end, i
      from generate_series(0, 59) i`);
  return shop;
}

beforeAll(async () => {
  world = await openShop();
});

describe('preview of checks', () => {
  test('works on a database without Millrace tables, and not on one of an earlier release', async () => {
    const empty = await openShop(await freshDatabase());
    for (const view of ['paid', 'members', 'spend']) {
      expect(await empty.millrace(`preview ${view} --from 2026-01-01`)).toMatchObject({ code: 0, stderr: '' });
    }
    expect(await empty.database.query(`select to_regclass('millrace.view') as found`)).toEqual([{ found: null }]);
    await empty.millrace('apply');
    await empty.database.run(`delete from millrace.migration where name <> '0001_state.sql'`);
    expect(await empty.millrace('preview paid --from 2026-01-01')).toMatchObject({
      code: 3,
      stderr: 'The tables in Postgres are from an earlier release: run "millrace migrate", or start a scheduler.\n',
    });
  });

  test('compares nothing before there are runs, and says so', async () => {
    const { code, runs } = await preview('paid --from 2026-01-01');
    const states = runs[0]?.checks.map(({ check, state }) => `${check.kind} ${state}`);
    expect({ code, states }).toEqual({
      code: 0,
      states: [
        'row passed',
        'row passed',
        'matches passed',
        'unique passed',
        'entities passed',
        'volume skipped',
        'drift skipped',
        'drift skipped',
      ],
    });
  });

  test('predicts the outcomes and counts of the run that follows', async () => {
    for (let day = 1; day < 8; day += 1) await runDay('paid', `2026-01-0${day}`, `2026-01-0${day + 1}`);
    await world.database.run(`update paid set amount = -1 where at >= '2026-01-08Z' and at < '2026-01-08 00:30Z'`);
    await world.database.run(`update paid set country = 'Wales' where at = '2026-01-08 02:00Z'`);
    await world.database.run(
      `update paid set amount = amount * 100 where at >= '2026-01-08 03:00Z' and at < '2026-01-08 20:00Z'`,
    );
    await world.database.run(`update paid set order_no = 1 where at = '2026-01-08 05:00Z'`);
    const { code, runs } = await preview('paid --from 2026-01-08');
    await runDay('paid', '2026-01-08', '2026-01-09');
    const { state, counts, checks } = await ran('paid', '2026-01-08');
    expect({ code, state }).toEqual({ code: 0, state: 'done' });
    expect(runs[0]?.counts).toEqual(counts);
    expect(judged(runs[0]?.checks ?? [])).toEqual(checks);
    expect(runs[0]?.checks.map(({ state: of }) => of)).toEqual([
      'broken',
      'broken',
      'broken',
      'passed',
      'passed',
      'passed',
      'broken',
      'passed',
    ]);
    expect(runs[0]?.refused).toHaveLength(4);
    expect(runs[0]?.refused[3]).toMatchObject({
      reason: 'check_failed',
      detail: 'country does not match "^[A-Z]{2}$"',
      row: { entity_id: 'c12', country: 'Wales' },
    });
  });

  test('predicts a failed run, and exits with 3', async () => {
    await world.database.run(`delete from paid where at >= '2026-01-09 10:00Z' and at < '2026-01-10Z'`);
    await world.database.run(`update paid set order_no = 7 where at >= '2026-01-09Z' and at < '2026-01-09 01:00Z'`);
    const { code, runs } = await preview('paid --from 2026-01-09');
    const { stdout } = await world.millrace('preview paid --from 2026-01-09');
    await runDay('paid', '2026-01-09', '2026-01-10');
    const { state, checks } = await ran('paid', '2026-01-09');
    expect({ code, state }).toEqual({ code: 3, state: 'failed' });
    expect(judged(runs[0]?.checks ?? [])).toEqual(checks);
    expect(runs[0]?.broken.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^The check `unique order_no` failed: 5 of 60 rows \(8\.33%\) are duplicates \(at_least: 99%\), for example c\d+ at 2026-01-09T00:\d\d:00Z with order_no 7\.$/,
      ),
      'The check `volume 40%` failed: 2026-01-09 has 60 rows, and the median of the last 8 comparable intervals is 120 (−50%).',
    ]);
    expect(stdout).toMatch(/^check {2}failed: unique order_no: 5 of 60 rows/m);
  });

  test('names the interval of a preview over several that fails a check', async () => {
    const { runs } = await preview('paid --from 2026-01-08 --to 2026-01-12');
    expect(runs[0]?.checks.find(({ check }) => check.kind === 'volume')).toMatchObject({
      state: 'broken',
      facts: { start: Date.parse('2026-01-09Z'), rows: 60, median: 120 },
    });
  });

  test.each([
    ['1 / (order_no - 7) > 0', 'division by zero'],
    ['country > 5', 'operator does not exist'],
  ])('reports a check that Postgres cannot evaluate: %s', async (expression, why) => {
    await world.write({ 'features/paid.yaml': `${EVENTS}checks: [{ row: "${expression}" }]\n` });
    const { code, runs } = await preview('paid --from 2026-01-09');
    await world.write({ 'features/paid.yaml': EVENTS + CHECKS });
    expect(code).toBe(3);
    expect(runs[0]?.broken).toMatchObject([{ code: 'CHECK_FAILED' }]);
    expect(runs[0]?.broken[0]?.message).toContain(why);
  });

  test('shows no values of a redacted view', async () => {
    await world.write({ 'features/paid.yaml': `${EVENTS}${CHECKS}redacted: true\n` });
    const { stdout } = await world.millrace('preview paid --from 2026-01-08 --json');
    await world.write({ 'features/paid.yaml': EVENTS + CHECKS });
    expect(stdout).toContain('check_failed');
    expect(stdout).not.toMatch(/Wales|"-1"/);
  });

  test('stops after rows_max', async () => {
    await world.write({ 'features/paid.yaml': `${EVENTS}rows_max: 50\n` });
    const { code, stderr } = await world.millrace('preview paid --from 2026-01-08');
    await world.write({ 'features/paid.yaml': EVENTS + CHECKS });
    expect(code).toBe(1);
    expect(stderr).toContain('paid returns more than 50 rows (rows_max) for this span, so a run would fail');
  });
});

describe('preview of a complete view', () => {
  test('predicts a snapshot that lacks entities, and an empty one', async () => {
    const before = await preview('members --from 2026-01-01 --to 2026-01-06');
    expect(before.code).toBe(3);
    expect(before.runs.map(({ broken }) => broken.map(({ message }) => message))).toEqual([
      [],
      ['15 of the 60 entities in the previous snapshot are missing, more than removed_max allows.'],
      ['15 of the 60 entities in the previous snapshot are missing, more than removed_max allows.'],
      ['15 of the 60 entities in the previous snapshot are missing, more than removed_max allows.'],
      [
        'The snapshot is empty, but the previous one has 60 entities, so all of their values would be removed. To store it, set allow_empty: true in the view, or use --allow-removals.',
      ],
    ]);
    await runDay('members', '2026-01-01', '2026-01-06');
    const states = [];
    for (let day = 1; day < 6; day += 1) states.push((await ran('members', `2026-01-0${day}`)).state);
    expect(states).toEqual(['done', 'failed', 'failed', 'failed', 'failed']);
    const after = await preview('members --from 2026-01-02');
    expect(after.runs.map(({ broken }) => broken)).toEqual([before.runs[1]?.broken]);
  });

  test('does not count zeros as stored rows of the source', async () => {
    await runDay('visits', '2026-01-01', '2026-01-03');
    const again = await preview('visits --from 2026-01-01 --to 2026-01-03');
    expect(await world.database.query('select count(*)::int as rows from features.visits where visits = 0')).toEqual([
      { rows: 2 },
    ]);
    expect(again.runs.map(({ counts }) => counts)).toEqual([
      expect.objectContaining({ unchanged: 3, removed: 0, inserted: 0 }),
      expect.objectContaining({ unchanged: 1, removed: 0, inserted: 0 }),
    ]);
  });
});

describe('preview of a view without intervals', () => {
  test('reads a view of kind latest as its run does, and refuses a time', async () => {
    const latest = EVENTS.replace('name: paid', 'name: now_paid')
      .replace('kind: events', 'kind: latest')
      .replace(/interval: 1d\nstart: .*\nend: .*\n/, '')
      .replace(/ {4}from paid where.*/, "    from paid where at < '2026-01-02Z'");
    await world.write({ 'features/now_paid.yaml': latest + CHECKS });
    const { runs } = await preview('now_paid');
    await world.millrace('run now_paid --here');
    const [row] = await world.database.query<{ counts: object; checks: Outcome[] }>(
      `select r.counts, r.checks from millrace.run r join millrace.view v on v.id = r.view_id where v.name = 'now_paid'`,
    );
    expect(runs[0]?.counts).toEqual(row?.counts);
    expect(judged(runs[0]?.checks ?? [])).toEqual(row?.checks);
    const { code, stderr } = await world.millrace('preview now_paid --from 2026-01-01');
    expect(code).toBe(3);
    expect(stderr).toContain('now_paid is a `latest` view: its query always reads the current state');
  });

  test('says that a pushed view has no query', async () => {
    await world.write({
      'features/clicks.yaml': 'name: clicks\nentity: customer\nkind: pushed\ntype: int\n',
    });
    const { code, stderr } = await world.millrace('preview clicks');
    expect(code).toBe(3);
    expect(stderr).toContain(
      'The rows of clicks are pushed by other programs (kind: pushed), so there is no query to preview.',
    );
  });
});
