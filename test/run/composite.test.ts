import { describe, expect, test } from 'vitest';
import { joinParts } from '../../src/core/entity-id.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { readOnline } from '../../src/online/read.ts';
import { verifyView } from '../../src/online/verify.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { HARD_PARTS } from '../support/hard-parts.ts';
import { fingerprinted } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const PAIRS = HARD_PARTS.flatMap((customer) => HARD_PARTS.map((product) => [customer, product] as const));

function pairView(keys: Record<string, unknown> = {}): FeatureView {
  const view = viewFile.parse({
    name: 'pair_orders',
    entity: ['customer', 'product'],
    source: 'shop',
    kind: 'events',
    interval: '1d',
    start: '2026-01-01',
    end: '2026-01-03',
    refused_max: '100%',
    features: [{ name: 'n', type: 'int' }],
    query: `select customer as customer_id, product as product_id, at as timestamp, n
              from pairs where at >= {{start}} and at < {{end}}`,
    ...keys,
  });
  return parseView(view);
}

async function openPairs(): Promise<World> {
  const world = await openWorld();
  await world.sql('create table pairs (customer text, product text, at timestamptz, n int)');
  return world;
}

async function insert({ sql }: World, pairs: readonly (readonly [string | null, string | null])[]): Promise<void> {
  await sql(
    `insert into pairs select c, p, '2026-01-01 12:00Z', place from unnest($1::text[], $2::text[]) with ordinality t (c, p, place)`,
    [pairs.map(([customer]) => customer), pairs.map(([, product]) => product)],
  );
}

async function differencesOf({ app }: World, view: FeatureView) {
  const { database, online } = app;
  return (await verifyView({ database, online, view, signal: new AbortController().signal })).differences;
}

describe('a view of a composite entity', () => {
  test('keeps hard parts apart in both stores', async () => {
    await using world = await openPairs();
    await insert(world, PAIRS);
    const view = pairView();
    await world.apply(view);
    await world.materialize('pair_orders');

    const stored = await world.sql('select customer_id, product_id, n, entity_id from features.pair_orders order by n');
    expect(stored).toEqual(
      PAIRS.map(([customer, product], index) => ({
        customer_id: customer,
        product_id: product,
        n: index + 1,
        entity_id: joinParts([customer, product]),
      })),
    );
    const ids = PAIRS.map(joinParts);
    const online = await readOnline(world.app.online, [view], ids);
    expect(ids.map((id) => online.get(id)?.['pair_orders']?.values['n'])).toEqual(
      PAIRS.map((_, index) => BigInt(index + 1)),
    );
    expect(await differencesOf(world, view)).toEqual([]);
  });

  test('refuses a row with a null part, and stores the others', async () => {
    await using world = await openPairs();
    await insert(world, [
      ['17', '3'],
      ['17', null],
    ]);
    await world.apply(pairView());
    const [outcome] = await world.materialize('pair_orders');

    expect(outcome?.kind === 'completed' && outcome.value.counts).toMatchObject({
      accepted: 1,
      refusedBy: { entity_id_part_null: 1 },
    });
    expect(await world.sql('select reason, field, row from millrace.quarantine')).toMatchObject([
      { reason: 'entity_id_part_null', field: 'product_id', row: { customer_id: '17', product_id: null } },
    ]);
  });

  test('keeps the values that a row with a null part may have had, if it is complete', async () => {
    await using world = await openPairs();
    const view = pairView({
      kind: 'snapshot',
      complete: true,
      query:
        'select customer as customer_id, product as product_id, {{end}} as timestamp, n from pairs where at < {{end}}',
    });
    await insert(world, [
      ['17', '3'],
      ['18', '4'],
    ]);
    await world.apply(view);
    const [first, second] = await world.plan('pair_orders');
    await world.perform(first ?? 0);
    await world.sql(`update pairs set product = null where customer = '18'`);
    await world.perform(second ?? 0);

    const online = await readOnline(world.app.online, [view], ['17|3', '18|4']);
    expect(['17|3', '18|4'].map((id) => online.get(id)?.['pair_orders']?.values['n'])).toEqual([1n, 2n]);
    expect(await differencesOf(world, view)).toEqual([]);
  });

  test('has its parts in the conditions of checks', async () => {
    await using world = await openPairs();
    await insert(world, [
      ['a|b', '3'],
      ['c', '3'],
    ]);
    await world.apply(pairView({ checks: [{ row: "customer_id <> 'a|b'", on_failure: 'refuse' }] }));
    await world.materialize('pair_orders');

    expect(await world.sql('select entity_id from features.pair_orders')).toEqual([{ entity_id: 'c|3' }]);
    expect(await world.sql('select reason, row from millrace.quarantine')).toMatchObject([
      { reason: 'check_failed', row: { customer_id: 'a|b', product_id: '3', n: '1' } },
    ]);
  });
});

const PLAIN = {
  entity: 'customer',
  query: 'select customer as entity_id, at as timestamp, n from pairs where at >= {{start}} and at < {{end}}',
};
const JOINED = {
  entity: 'pair',
  query: PLAIN.query.replace('customer', "customer || '|' || product"),
};

describe('an edit of the parts of an entity', () => {
  test('with --restate replaces the rows of the old ids, however many there are', async () => {
    await using world = await openPairs();
    const view = pairView();
    await insert(
      world,
      Array.from({ length: 20 }, (_, index) => [`c${index}`, 'p'] as const),
    );
    await world.apply(pairView(PLAIN));
    await world.materialize('pair_orders');
    await applyEdit(world.app.database, fingerprinted(view), 'restate');
    await world.materialize('pair_orders');

    expect(
      await world.sql('select count(*)::text as rows, count(customer_id)::text as parts from features.pair_orders'),
    ).toEqual([{ rows: '20', parts: '20' }]);
    expect(await differencesOf(world, view)).toEqual([]);
    expect((await readOnline(world.app.online, [view], ['c1'])).get('c1')?.['pair_orders']).toBeNull();
  });

  test.each(['restate', 'forward-only', 'equivalent'] as const)(
    'replaces these rows also if it is edited again with --%s before they are read',
    async (meaning) => {
      await using world = await openPairs();
      await insert(
        world,
        Array.from({ length: 20 }, (_, index) => [`c${index}`, 'p'] as const),
      );
      await world.apply(pairView(PLAIN));
      await world.materialize('pair_orders');
      const { database } = world.app;
      await applyEdit(database, fingerprinted(pairView()), 'restate');
      const planned = await world.plan('pair_orders');
      const again = pairView({ query: pairView().query?.replace('n\n', 'n + 1 as n\n') });
      await applyEdit(database, fingerprinted(again), meaning);
      for (const run of planned) await world.perform(run);
      await world.materialize('pair_orders');

      expect(
        await world.sql(
          'select count(*)::text as rows, min(n)::text as least from features.pair_orders where customer_id is not null',
        ),
      ).toEqual([{ rows: '20', least: '2' }]);
      expect(await world.sql('select stale::text as stale, old_ids::text as old from millrace.coverage')).toEqual([
        { stale: '{}', old: '{}' },
      ]);
      expect(await world.sql(`select distinct options->>'allowRemovals' as removals from millrace.run`)).toEqual([
        { removals: 'false' },
      ]);
    },
  );

  test('allows removals only until the rows have been read again', async () => {
    await using world = await openPairs();
    const names = Array.from({ length: 20 }, (_, index) => [`c${index}`, 'p'] as const);
    await insert(world, names);
    await world.apply(pairView(PLAIN));
    await world.materialize('pair_orders');
    const { database } = world.app;
    await applyEdit(database, fingerprinted(pairView()), 'restate');
    await world.materialize('pair_orders');
    const empty = pairView({ query: pairView().query?.replace('where', 'where false and') });
    await applyEdit(database, fingerprinted(empty), 'restate');
    const [outcome] = await world.materialize('pair_orders');

    expect(outcome).toMatchObject({ kind: 'discarded', failure: { code: 'CHECK_FAILED' } });
    expect(await world.sql('select count(*)::text as rows from features.pair_orders')).toEqual([{ rows: '20' }]);
  });

  test('keeps rows only if their ids have the new parts', async () => {
    await using world = await openPairs();
    await insert(world, [['17', '3']]);
    await world.apply(pairView(PLAIN));
    await world.materialize('pair_orders');

    await expect(applyEdit(world.app.database, fingerprinted(pairView()), 'equivalent')).rejects.toThrow(
      'pair_orders cannot keep its stored rows: in 1 of them, entity_id does not have the components customer and product. Apply the edit with --restate, or give the view a new name.',
    );
    expect(await world.sql('select entity_id from features.pair_orders')).toEqual([{ entity_id: '17' }]);
  });

  test('takes ids that a query has joined as they are', async () => {
    await using world = await openPairs();
    await insert(world, [['17', '3']]);
    await world.apply(pairView(JOINED));
    await world.materialize('pair_orders');
    await applyEdit(world.app.database, fingerprinted(pairView()), 'equivalent');
    expect(await world.sql('select customer_id, product_id from features.pair_orders')).toEqual([
      { customer_id: '17', product_id: '3' },
    ]);

    const turned = pairView({ entity: ['product', 'customer'] });
    await applyEdit(world.app.database, fingerprinted(turned), 'equivalent');
    expect(await world.sql('select customer_id, product_id from features.pair_orders')).toEqual([
      { customer_id: '3', product_id: '17' },
    ]);
    await applyEdit(world.app.database, fingerprinted(pairView(JOINED)), 'equivalent');
    expect(await world.sql('select * from features.pair_orders')).toMatchObject([{ entity_id: '17|3' }]);
  });

  test('cannot take the column of an earlier feature', async () => {
    await using world = await openPairs();
    const features = [{ name: 'product_id', type: 'string' }];
    await world.apply(pairView({ entity: 'customer', features }));
    await expect(world.apply(pairView())).rejects.toThrow(
      'The offline table of pair_orders has a column product_id from an earlier feature',
    );
  });
});
