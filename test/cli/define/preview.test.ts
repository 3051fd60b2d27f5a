// millrace preview: it predicts the counts of the run that follows, and writes nothing.

import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { openRedis } from '../../../src/redis/connection.ts';
import { startRedis } from '../../../src/servers/servers.ts';
import { type CommandWorld, openCommandWorld } from '../world.ts';

const ORDERS = `name: orders
entity: customer
source: shop
kind: events
interval: 1d
start: 2026-01-01
end: 2026-01-03
refused_max: 50%
removed_max: 60%
features:
  - { name: amount, type: decimal }
  - { name: note, type: string, nullable: true }
query: |
  select customer as entity_id, at as timestamp, amount, note, version as tie_break
    from placed where at >= {{start}} and at < {{end}}
`;

const SNAPSHOT = `name: totals
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-03
type: vector(2)
query: |
  select customer as entity_id, {{end}} as timestamp, array[sum(amount), 1]::float8[] as value
    from placed where at < {{end}} and customer <> '' group by customer
`;

let world: CommandWorld;

type Counts = Readonly<Record<string, unknown>>;
type Previewed = {
  readonly runs: readonly {
    readonly counts: Counts;
    readonly broken: readonly { code: string }[];
    readonly changes: readonly object[];
    readonly rows: readonly object[];
    readonly refused: readonly object[];
  }[];
};

async function preview(words: string): Promise<Previewed & { code: number | null }> {
  const { code, stdout, stderr } = await world.millrace(`preview ${words} --json`);
  expect(stderr).toBe('');
  return { code, ...(JSON.parse(stdout) as Previewed) }; // our own JSON
}

/** The counts of the newest run of a view over a span. */
async function countsOfRun(view: string, start: string): Promise<Counts | undefined> {
  const [row] = await world.database.query<{ counts: Counts }>(
    `select r.counts from millrace.run r join millrace.view v on v.id = r.view_id
      where v.name = $1 and lower(r.span) = $2::timestamptz order by r.id desc limit 1`,
    [view, start],
  );
  return row?.counts;
}

beforeAll(async () => {
  world = await openCommandWorld({ 'features/orders.yaml': ORDERS, 'features/totals.yaml': SNAPSHOT });
  await world.database.run(
    'create table placed (customer text, at timestamptz, amount numeric, note text, version int)',
  );
  await world.database.run(`insert into placed
    select 'c' || i % 40, timestamptz '2026-01-01 00:00Z' + i * interval '7 minutes', i * 1.50, nullif('n' || i % 3, 'n0'), 1
      from generate_series(0, 399) i`);
  await world.database.run(`insert into placed values
    ('', '2026-01-01 05:00Z', 1, 'no entity', 1), ('c1', '2026-01-01 06:00Z', null, 'no amount', 1),
    ('c1', '2026-01-01 00:07Z', 99, 'a duplicate', 2)`);
});

describe('preview', () => {
  test('predicts the counts of a first run', async () => {
    const { runs } = await preview('orders --from 2026-01-01');
    expect(runs.map(({ counts }) => counts)).toMatchObject([
      { read: 209, accepted: 207, inserted: 206, duplicates: 1, refused: 2, removed: 0 },
    ]);
    await world.millrace('run orders totals --here');
    // Both days are one run, so the days are previewed together.
    const both = await world.millrace('status --json');
    expect(both.code).toBe(0);
  });

  test('predicts the counts of a run over stored rows', async () => {
    await world.database.run(`update placed set amount = amount + 1 where customer in ('c2', 'c3')`);
    await world.database.run(`update placed set amount = null where customer = 'c4'`);
    await world.database.run(`delete from placed where customer = 'c5'`);
    await world.database.run(`insert into placed values ('new', '2026-01-01 12:00Z', 1.0, 'x', 1)`);
    await world.database.run(`update placed set amount = 1.50 where amount = 1.5`);
    const { runs } = await preview('orders --from 2026-01-01 --to 2026-01-03');
    const snapshots = await preview('totals --from 2026-01-01 --to 2026-01-03');
    for (const view of ['orders', 'totals']) {
      await world.millrace(`restate ${view} --from 2026-01-01 --to 2026-01-03 --here`);
    }
    expect(runs.map(({ counts }) => counts)).toEqual([await countsOfRun('orders', '2026-01-01')]);
    expect(runs[0]?.counts).toMatchObject({ removed: 10, kept: 10, changed: 20, inserted: 1 });
    const stored = [await countsOfRun('totals', '2026-01-01'), await countsOfRun('totals', '2026-01-02')];
    expect(snapshots.runs.map(({ counts }) => counts)).toEqual(stored);
  });

  test('shows changed rows before and after', async () => {
    await world.database.run(`update placed set amount = 7 where customer = 'c9' and at < '2026-01-01 02:00Z'`);
    const { runs } = await preview('orders --from 2026-01-01 --entity c9');
    expect(runs[0]?.changes).toEqual([
      {
        entityId: 'c9',
        timestamp: '2026-01-01T01:03:00+00:00',
        before: { amount: '13.50', note: null },
        after: { amount: '7', note: null },
      },
    ]);
  });

  test('names the rule that a run would break, and exits with 3', async () => {
    const { code, runs } = await preview('orders --from 2025-12-31');
    expect({ code, broken: runs[0]?.broken }).toEqual({ code: 0, broken: [] });
    await world.write({
      'features/orders.yaml': ORDERS.replace('refused_max: 50%', 'refused_max: 50%\nrows_min: 5000'),
    });
    const strict = await preview('orders --from 2026-01-01');
    expect({ code: strict.code, broken: strict.runs[0]?.broken.map((each) => each.code) }).toEqual({
      code: 3,
      broken: ['CHECK_FAILED'],
    });
    await world.write({ 'features/orders.yaml': ORDERS });
  });

  test('prints rows, refusals and changes', async () => {
    const { code, stdout } = await world.millrace('preview orders --from 2026-01-01 --limit 1');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'would insert 0, change 1, leave 194 unchanged, remove 0; 1 duplicate is not stored; 6 stored rows are kept',
    );
    expect(stdout).toMatch(/^c0 +2026-01-01 00:00:00\+00 +0\.00 +– +1$/m);
    expect(stdout).toMatch(/^Refused: value_null 7, entity_id_empty 1$/m);
    expect(stdout).toMatch(/^c9 +2026-01-01T01:03:00\+00:00 +amount +13\.50 +7$/m);
  });

  test('hides the values of a redacted view', async () => {
    await world.write({ 'features/orders.yaml': `${ORDERS}redacted: true\n` });
    const { stdout } = await world.millrace('preview orders --from 2026-01-01 --entity c9 --json');
    const text = await world.millrace('preview orders --from 2026-01-01 --entity c9');
    await world.write({ 'features/orders.yaml': ORDERS });
    expect(`${stdout}${text.stdout}`).not.toMatch(/13\.50/);
  });

  test('writes nothing to Postgres or Redis', async () => {
    const [{ name = '' } = {}] = await world.database.query<{ name: string }>('select current_database() as name');
    await using server = await startRedis();
    const tapped = { MILLRACE_ONLINE_URL: server.url, MILLRACE_QUEUE_URL: server.url };
    await using redis = openRedis({ url: server.url, clock: systemClock, deadlineMs: 5_000, connectionName: 'tap' });
    const calls = async () => {
      const stats = String(await redis.send([['INFO', 'commandstats']]));
      return [...stats.matchAll(/cmdstat_(\S+?):/g)].map(([, command]) => command).toSorted();
    };
    await calls();
    const before = await calls();
    // Every write of a new connection would fail.
    await world.database.run(`alter database "${name}" set default_transaction_read_only = on`);
    const { code, stderr } = await world.millrace('preview orders --from 2026-01-01 --to 2026-01-03', tapped);
    await world.database.run(
      `set default_transaction_read_only = off; alter database "${name}" reset default_transaction_read_only`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await calls()).toEqual(before);
  });
});
