import { beforeAll, describe, expect, test } from 'vitest';
import { planDrain } from '../../src/state/inbox/plan-drain.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { feature, fingerprinted, view } from '../support/views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

let world: ApiWorld;

const ratings = (entity: string) =>
  view({ name: 'ratings', kind: 'pushed', source: '', query: null, entity, features: [feature('stars', 'int')] });

beforeAll(async () => {
  world = await openApiWorld();
  await world.apply(
    view({ name: 'plain', query: `select '1' as entity_id, 1::float8 as value, {{end}} as timestamp` }),
    view({
      name: 'scores',
      kind: 'pushed',
      source: '',
      query: null,
      entity: 'customer|product',
      features: [feature('score', 'int')],
    }),
    ratings('customer|product'),
  );
  await world.materialize('plain');
});

const push = (rows: readonly object[], query = '') =>
  world.ask(`/api/v1/views/scores/rows${query}`, { body: { rows }, token: 'pusher' });
/** Performs the planned runs, of which the first may be of an earlier definition. */
async function drain(viewId: number): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    await planDrain(world.app.database, viewId);
    const runs = await world.sql(`select id from millrace.run where view_id = $1 and state = 'planned'`, [viewId]);
    for (const { id } of runs) await world.perform(Number(id));
  }
}

const AT = '2026-01-01T00:00:00Z';

describe('a composite entity in the API', () => {
  test('is pushed by its parts, or joined, and read by its parts', async () => {
    const pushed = await push([
      { customer_id: 'a|b', product_id: 3, timestamp: AT, score: 1 },
      { customer_id: '', product_id: 'x', timestamp: AT, score: 2 },
      { entity_id: 'c\\|d|e', timestamp: AT, score: 3 },
    ]);
    expect(pushed.body).toMatchObject({ accepted: 3, refused: 0 });
    await drain((await requireAppliedView(world.app.database, 'scores')).id);

    const keys = [{ customer: 'a|b', product: '3' }, { product: 'x', customer: '' }, 'c\\|d|e'];
    const { body } = await world.ask('/api/v1/online', {
      body: { features: ['scores'], entities: { 'customer|product': keys } },
    });
    expect(
      body.rows.map(({ id: key, parts, features }: never) => [key, parts, features['scores:score']['value']]),
    ).toEqual([
      ['a\\|b|3', { customer: 'a|b', product: '3' }, 1],
      ['|x', { customer: '', product: 'x' }, 2],
      ['c\\|d|e', { customer: 'c|d', product: 'e' }, 3],
    ]);
  });

  test('refuses rows without a part, and joined ids with other parts', async () => {
    const { body } = await push(
      [
        { customer_id: 'a', timestamp: AT, score: 1 },
        { entity_id: 'a', timestamp: AT, score: 1 },
        { entity_id: 'a|b|c', timestamp: AT, score: 1 },
        { entity_id: 'a|b', customer_id: 'c', timestamp: AT, score: 1 },
        { timestamp: AT, score: 1 },
      ],
      '?partial=true',
    );
    expect(body.refusals).toEqual([
      { row: 0, reason: 'entity_id_part_null', detail: 'product_id is null, not a component of an entity' },
      { row: 1, reason: 'value_wrong_type', detail: '"entity_id" is not customer_id and product_id joined by |' },
      { row: 2, reason: 'value_wrong_type', detail: '"entity_id" is not customer_id and product_id joined by |' },
      {
        row: 3,
        reason: 'column_unknown',
        detail: '"entity_id" is not allowed together with customer_id and product_id',
      },
      { row: 4, reason: 'entity_id_null', detail: 'customer_id is null, not a component of an entity' },
    ]);
  });

  test('keeps the keys of waiting rows when its parts are renamed', async () => {
    const { id } = await requireAppliedView(world.app.database, 'ratings');
    const pushed = await world.ask('/api/v1/views/ratings/rows', {
      token: 'pusher',
      body: { rows: [{ customer_id: 'a|b', product_id: '3', timestamp: AT, stars: 1 }] },
    });
    expect(pushed.body).toMatchObject({ accepted: 1, status: 'stored' });
    // As earlier releases have stored it.
    await world.sql(
      `insert into millrace.inbox (view_id, columns, rows, data)
       values ($1, array['customer_id', 'product_id', 'timestamp', 'stars'], 1, '[["c|d","4","${AT}","2"]]')`,
      [id],
    );
    await applyEdit(world.app.database, fingerprinted(ratings('buyer|product')), 'equivalent');
    await drain(id);
    expect(await world.sql('select buyer_id, product_id, stars from features.ratings order by stars')).toEqual([
      { buyer_id: 'a|b', product_id: '3', stars: 1 },
      { buyer_id: 'c|d', product_id: '4', stars: 2 },
    ]);
    expect(await world.sql('select from millrace.quarantine')).toEqual([]);
  });

  test('accepts the longest name of an entity', async () => {
    const name = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(48)).join('|');
    const { body } = await world.ask('/api/v1/online', { body: { features: ['plain'], entities: { [name]: ['1'] } } });
    expect(body.detail).toBe(`No requested feature belongs to the entity "${name}": expected customer.`);
  });

  test.each([
    ['an unknown part', { customer: '1', item: '2' }],
    ['a missing part', { customer: '1' }],
    ['an id with other parts', '1'],
  ])('refuses %s in a request', async (_, key) => {
    const expected =
      'expected its components as {"customer": "…", "product": "…"}, or an entity_id of 2 components joined by |.';
    const online = await world.ask('/api/v1/online', {
      body: { features: ['scores:score'], entities: { 'customer|product': [key] } },
    });
    expect(online).toMatchObject({ status: 400, body: { detail: expect.stringContaining(expected) } });
    const pairs = [{ entity_id: key, at: AT }];
    const asOf = await world.ask('/api/v1/as-of', { body: { features: ['scores:score'], pairs } });
    expect(asOf.body.detail).toBe(`pairs.0.entity_id is ${JSON.stringify(key)}; ${expected}`);
  });

  test('does not change other entities', async () => {
    const wrong = await world.ask('/api/v1/online', {
      body: { features: ['plain'], entities: { customer: [{ customer: '1' }] } },
    });
    expect(wrong.body.detail).toBe('entities.customer.0 is {"customer":"1"}; expected a string.');
    const { body } = await world.ask('/api/v1/online', {
      body: { features: ['plain'], entities: { customer: ['1'] } },
    });
    expect(Object.keys(body.rows[0])).toEqual(['entity', 'id', 'features']);
  });
});
