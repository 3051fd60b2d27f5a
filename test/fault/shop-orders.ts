// The source of the fault tests: 1,000 entities whose rows change each round, the same for every system.

import type { App } from '../../src/app.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { at, feature, view } from '../support/views.ts';

export const ENTITIES = 1_000;

export const ORDERS: FeatureView = view({
  name: 'orders',
  kind: 'events',
  start: at('2026-01-01'),
  end: at('2026-01-04'),
  removedMax: 1,
  features: [feature('amount', 'decimal'), feature('lines', 'int', { nullable: true })],
  query: `select entity_id, at as timestamp, amount, lines from orders where at >= {{start}} and at < {{end}}`,
});

export async function createOrders(app: App): Promise<void> {
  await app.database.run('create table orders (entity_id text, at timestamptz, amount numeric, lines bigint)');
}

/** The rows of the source in a round: one in seven entities is deleted, one in five has a corrected amount. */
export async function writeRound(app: App, round: number): Promise<void> {
  await app.database.run('truncate orders');
  await app.database.run(
    `insert into orders
     select 'customer-' || i, timestamptz '2026-01-01Z' + make_interval(hours => (i * 7 + case i % 3 when 0 then $1 else 0 end) % 71),
            case i % 5 when 0 then (i + $1) / 100.0 else i / 100.0 end, case i % 4 when 0 then null else i end
       from generate_series(1, $2) i where (i + $1) % 7 <> 0`,
    [round, ENTITIES],
  );
}

/** Plans the run that brings the stores up to date with the source; returns its id. */
export async function planRound(app: App): Promise<number> {
  await app.database.run('update millrace.coverage set stale = covered');
  const planned = await planDue(app.database, await requireAppliedView(app.database, 'orders'), 'restate', {
    ...DEFAULT_RUN_OPTIONS,
    backoffMs: 100,
  });
  const [run] = planned;
  if (run === undefined || planned.length !== 1) throw new Error(`one run was expected, and ${planned.length} planned`);
  return run;
}

/**
 * The expected content of both stores, from the source alone, in the format of `dumpStores`: each entity has one row.
 */
export async function expectedStores({ database }: App): Promise<string> {
  const rows = await database.query<{ entity_id: string; micros: string; amount: string; lines: string | null }>(
    `select entity_id, at::text as event_timestamp, amount::text, lines::text, (extract(epoch from at) * 1000000)::bigint::text as micros
       from orders order by entity_id collate "C"`,
  );
  const offline = rows.map(({ micros: _, ...row }) => JSON.stringify(row));
  const online = rows.map(({ entity_id, micros, amount, lines }) => {
    const fields = [['_ts', micros], ['amount', amount], ...(lines === null ? [] : [['lines', lines]])];
    return `mr:orders:${entity_id} ${JSON.stringify(fields)}`;
  });
  return [...offline, ...online].join('\n');
}
