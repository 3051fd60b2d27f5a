// Pushes of rows and values: what is stored, and what is refused.

import { beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { feature, view } from '../support/views.ts';
import { pushed, T } from './pushed-views.ts';
import { type ApiWorld, type Asked, openApiWorld } from './world.ts';

const SIGNALS = [
  feature('score', 'float', { min: 0, max: 100 }),
  feature('clicks', 'int'),
  feature('price', 'decimal', { nullable: true }),
  feature('note', 'string', { nullable: true }),
  feature('active', 'bool', { nullable: true }),
  feature('extra', 'json', { nullable: true }),
  feature('seen', 'timestamp', { nullable: true }),
  feature('embedding', 'vector(2)', { nullable: true }),
];

let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld({ limits: { rows: 1_000 } });
  await world.apply(
    pushed({ name: 'signals', features: SIGNALS }),
    pushed({ name: 'amount' }),
    pushed({ name: 'stock', features: [feature('stock', 'int', { column: 'value' })] }),
    view({ name: 'spend', query: `select '1' as entity_id, 1::float8 as value, {{end}} as timestamp` }),
  );
});

const push = (path: string, body: unknown, asked: Asked = {}) =>
  world.ask(`/api/v1${path}`, { token: 'pusher', body, ...asked });

/** Performs the drains that are planned. Returns the states of the runs. */
async function drain(name: string): Promise<unknown[]> {
  const runs = await world.sql(
    `select r.id::int as id from millrace.run r join millrace.view v on v.id = r.view_id
      where v.name = $1 and r.state = 'planned' order by r.id`,
    [name],
  );
  for (const { id } of runs) await world.perform(Number(id));
  return runs;
}

async function online(features: readonly string[], id: string) {
  const { body } = await world.ask('/api/v1/online?numbers=exact', {
    body: { features, entities: { customer: [id] } },
  });
  return Object.values(body.rows[0].features).map((cell) => (cell as { value: unknown }).value);
}

describe('POST /api/v1/views/{view}/rows', () => {
  test('stores rows of several features, offline and online', async () => {
    const rows = [
      { entity_id: '1', timestamp: T, score: 1.5, clicks: 3 },
      {
        entity_id: 2,
        timestamp: '2026-01-05T10:00:00.123456',
        score: '2.5',
        clicks: 9_007_199_254_740_991,
        price: 1.25,
        note: 'é"\t\\',
        active: true,
        extra: { a: [1, null] },
        seen: '2026-01-01T00:00:00+01:00',
        embedding: [1, 2.5],
      },
    ];
    const { status, body } = await push('/views/signals/rows', { rows });
    expect([status, body]).toEqual([200, { accepted: 2, refused: 0, refusals: [], status: 'stored' }]);
    await until(() => planned('signals'));
    await drain('signals');
    expect(await online(['signals'], '2')).toEqual([
      2.5,
      '9007199254740991',
      '1.25',
      'é"\t\\',
      true,
      { a: [1, null] },
      '2025-12-31T23:00:00.000000Z',
      [1, 2.5],
    ]);
    expect(await world.sql('select count(*)::int as rows from features.signals')).toEqual([{ rows: 2 }]);
    expect(await world.sql('select count(*)::int as left from millrace.inbox')).toEqual([{ left: 0 }]);
  });

  test('keeps all digits of integers and decimals', async () => {
    const text = `{"rows": [{"entity_id": "big", "timestamp": "${T}", "score": 1, "clicks": 9223372036854775807, "price": 0.12345678901234567890}]}`;
    expect((await push('/views/signals/rows', undefined, { text, method: 'POST' })).status).toBe(200);
    await until(() => planned('signals'));
    await drain('signals');
    expect((await online(['signals'], 'big')).slice(1, 3)).toEqual(['9223372036854775807', '0.12345678901234567890']);
  });

  test('keeps numbers that JavaScript would round to zero or write differently', async () => {
    const text = `{"rows": [
      {"entity_id":1e3,"timestamp":"${T}","score":-0,"clicks":1E2,"price":1e-30, "extra":{"a":[-0.50, 1e400]}},
      {"entity_id": "3e4", "timestamp": "${T}", "score": 1e-3, "clicks": 1, "price": 2}]}`;
    // Without the others, none of the numbers of a body looks inexact.
    const minus = `{"rows":[{"entity_id":"minus","timestamp":"${T}","score":-0,"clicks":1}]}`;
    for (const sent of [text, minus])
      expect((await push('/views/signals/rows', undefined, { text: sent, method: 'POST' })).status).toBe(200);
    await until(() => planned('signals'));
    await drain('signals');
    expect(await world.sql(`select score::text from features.signals where entity_id = 'minus'`)).toEqual([
      { score: '-0' },
    ]);
    expect(
      await world.sql(
        `select entity_id, score::text, clicks::int, price = 1e-30 as exact, (extra->'a'->1)::numeric = 1e400 as large
           from features.signals where entity_id in ('1000', '3e4') order by 1`,
      ),
    ).toEqual([
      { entity_id: '1000', score: '-0', clicks: 100, exact: true, large: true },
      { entity_id: '3e4', score: '0.001', clicks: 1, exact: false, large: null },
    ]);
    const tiny = `{"rows": [{"entity_id": "t", "timestamp": "${T}", "score": 1e-400, "clicks": 1}]}`;
    const { status, body } = await push('/views/signals/rows', undefined, { text: tiny, method: 'POST' });
    expect([status, body.refusals[0]?.reason]).toEqual([400, 'value_out_of_range']);
  });

  test('returns all digits of the numbers in json values', async () => {
    const extra = '{"a": [10000000000000000000000.5, 0.10], "id": 9007199254740993}';
    const text = `{"rows": [{"entity_id": "j", "timestamp": "${T}", "score": 1, "clicks": 1, "extra": ${extra}}]}`;
    expect((await push('/views/signals/rows', undefined, { text, method: 'POST' })).status).toBe(200);
    await until(() => planned('signals'));
    await drain('signals');
    const returned = `"signals:extra":{"value":${extra},`;
    expect((await world.ask('/api/v1/views/signals/entities/j')).text).toContain(returned);
    const body = { features: ['signals:extra'], pairs: [{ entity_id: 'j', at: T }] };
    expect((await world.ask('/api/v1/as-of', { body })).text).toContain(returned);
  });

  test('reads a number in the same way regardless of the other numbers of a request', async () => {
    const row = (score: string) => `{"entity_id":7.0,"timestamp":"${T}","score":${score},"clicks":1,"price":1.50}`;
    for (const [sentScore, score] of [
      ['0.5', '0.5'],
      ['25e-2', '0.25'],
    ] as const) {
      const sent = { text: `{"rows":[${row(sentScore)}]}`, method: 'POST' };
      expect((await push('/views/signals/rows', undefined, sent)).status).toBe(200);
      await until(() => planned('signals'));
      await drain('signals');
      expect(await world.sql(`select score::text, price::text from features.signals where entity_id = '7'`)).toEqual([
        { score, price: '1.50' },
      ]);
    }
  });

  test('refuses a row that has a feature under its name and under its column', async () => {
    const rows = [{ entity_id: '1', timestamp: T, stock: 1, value: 2 }];
    const { status, body } = await push('/views/stock/rows', { rows });
    expect([status, body.refusals]).toEqual([
      400,
      [{ row: 0, reason: 'column_unknown', detail: '"value" is not allowed together with stock' }],
    ]);
  });

  test('refuses all rows with a reason for each, and stores nothing', async () => {
    const rows = [
      { entity_id: 'ok', timestamp: T, score: 1, clicks: 1 },
      { entity_id: 'a', timestamp: T, score: 'much', clicks: 1 },
      { entity_id: 'b', timestamp: 'yesterday', score: 1, clicks: 1 },
      { entity_id: 'c', timestamp: T, score: 1, clicks: 1.5 },
      { entity_id: 'd', timestamp: T, score: 1 },
      { entity_id: 'e', timestamp: T, score: 1, clicks: 1, colour: 'red' },
      { entity_id: 'f', timestamp: T, score: 101, clicks: 1 },
      { entity_id: '', timestamp: T, score: 1, clicks: 1 },
      { entity_id: 'h', timestamp: '2199-01-01T00:00:00Z', score: 1, clicks: 1 },
      'nothing',
    ];
    const { status, body } = await push('/views/signals/rows', { rows });
    expect([status, body.code, body.refused]).toEqual([400, 'ROWS_REFUSED', 9]);
    expect(body.refusals.map(({ row, reason }: { row: number; reason: string }) => [row, reason])).toEqual([
      [1, 'value_wrong_type'],
      [2, 'timestamp_unparsable'],
      [3, 'value_wrong_type'],
      [4, 'value_null'],
      [5, 'column_unknown'],
      [6, 'value_out_of_limits'],
      [7, 'entity_id_empty'],
      [8, 'timestamp_in_future'],
      [9, 'row_broken'],
    ]);
    expect(await world.sql('select count(*)::int as rows from millrace.inbox')).toEqual([{ rows: 0 }]);
  });

  test.each([
    [{ stock: 'much' }, 'stock is "much", not a whole number'],
    [{ value: 'much' }, 'value is "much", not a whole number'],
    [{ stock: 1.5 }, 'stock is "1.5", not a whole number'],
    [{ stock: true }, '"stock" is not an int'],
    [{ stock: null }, 'stock is null, not an int'],
    [{}, 'stock is null, not an int'],
  ])('names the feature as the client sent it: %j', async (sent, detail) => {
    const { body } = await push('/views/stock/rows', { rows: [{ entity_id: '1', timestamp: T, ...sent }] });
    expect(body.refusals).toMatchObject([{ row: 0, detail }]);
  });

  test.each([[{ value: 'much' }], [{}]])('names the value of one feature as value: %j', async (sent) => {
    const { body } = await push('/features/stock/values', { entity_id: '1', timestamp: T, ...sent });
    expect(body.refusals).toMatchObject([{ detail: expect.stringMatching(/^value is /) }]);
  });

  test('stores the accepted rows with partial=true', async () => {
    const rows = [
      { entity_id: 'p', timestamp: T, score: 1, clicks: 1 },
      { entity_id: 'p', timestamp: T, score: 1, clicks: 'x' },
    ];
    const { status, body } = await push('/views/signals/rows?partial=true', { rows });
    expect([status, body.accepted, body.refused]).toEqual([200, 1, 1]);
    expect((await push('/views/signals/rows?partial=true', { rows: rows.slice(1) })).status).toBe(400);
  });

  test('reads NDJSON line by line', async () => {
    const line = (id: number) => JSON.stringify({ entity_id: `n${id}`, timestamp: T, score: id, clicks: id });
    const text = `${line(1)}\n\n${line(2)}\r\n${line(3)}`;
    const headers = { 'content-type': 'application/x-ndjson' };
    const { status, body } = await push('/views/signals/rows', undefined, { text, headers });
    expect([status, body.accepted]).toEqual([200, 3]);
    const broken = await push('/views/signals/rows', undefined, { text: `${line(1)}\n{`, headers });
    expect([broken.status, broken.body.detail]).toEqual([400, 'Line 2 is not valid JSON.']);
  });

  test('lets the later of two pushes of a key win, in one drain and across drains', async () => {
    const row = (value: number, id = 'k') => ({ rows: [{ entity_id: id, timestamp: T, value }] });
    await push('/views/amount/rows', row(1));
    await push('/views/amount/rows', row(9));
    await push('/views/amount/rows', row(2));
    await until(() => planned('amount'));
    await drain('amount');
    expect(await online(['amount'], 'k')).toEqual([2]);
    await push('/views/amount/rows', row(1));
    await until(() => planned('amount'));
    await drain('amount');
    expect(await online(['amount'], 'k')).toEqual([1]);
    expect(await world.sql('select amount from features.amount')).toEqual([{ amount: '1' }]);
  });

  test.each([
    ['an unknown view', '/views/signal/rows', { rows: [{}] }, 404, 'NOT_FOUND'],
    ['a view that reads', '/views/spend/rows', { rows: [{}] }, 404, 'NOT_FOUND'],
    ['no list', '/views/signals/rows', {}, 400, 'REQUEST_INVALID'],
    ['no rows', '/views/signals/rows', { rows: [] }, 400, 'REQUEST_INVALID'],
    ['too many rows', '/views/signals/rows', { rows: new Array(1_001).fill({}) }, 413, 'BODY_TOO_LARGE'],
  ])('refuses %s', async (_, path, body, status, code) => {
    expect(await push(path, body)).toMatchObject({ status, body: { code } });
  });

  test('refuses another media type', async () => {
    const { status, body } = await push('/views/signals/rows', undefined, {
      text: 'a',
      headers: { 'content-type': 'text/plain' },
    });
    expect([status, body.code]).toEqual([415, 'MEDIA_TYPE_UNKNOWN']);
  });
});

describe('an idempotency key', () => {
  const send = (value: number, key: string) =>
    push(
      '/views/stock/rows',
      { rows: [{ entity_id: 'i', timestamp: T, value }] },
      { headers: { 'idempotency-key': key } },
    );

  test('gets the same response for the same request, and stores it once', async () => {
    const first = await send(1, 'once');
    const again = await Promise.all([send(1, 'once'), send(1, 'once')]);
    expect([again[0]?.text, again[1]?.text]).toEqual([first.text, first.text]);
    expect(
      await world.sql(
        `select count(*)::int as rows from millrace.inbox i join millrace.view v on v.id = i.view_id where v.name = 'stock'`,
      ),
    ).toEqual([{ rows: 1 }]);
  });

  test('is refused for another body', async () => {
    await send(1, 'twice');
    expect(await send(2, 'twice')).toMatchObject({ status: 422, body: { code: 'KEY_REUSED' } });
  });
});

describe('FStore', () => {
  const value = (entity: string, amount: unknown) => ({
    entity_id: entity,
    value: amount,
    timestamp: '2024-02-20T22:39:38',
  });

  test('values are stored in pushed views of one feature', async () => {
    expect((await push('/features/amount/values', value('customer_123', 99.99))).status).toBe(200);
    expect((await push('/features/unknown/values', value('customer_123', 99.99))).status).toBe(404);
    expect((await push('/features/signals/values', value('customer_123', 99.99))).status).toBe(404);
    expect((await push('/features/amount/values', value('customer_123', 'x'))).status).toBe(400);
    expect((await push('/features/amount/values', { entity_id: 'a' })).status).toBe(400);
  });

  test('batches are stored together or not at all', async () => {
    const batch = (last: unknown) => [
      { feature_id: 'amount', ...value('b1', 1.5) },
      { feature_id: 'stock', ...value('b1', 2) },
      { feature_id: 'amount', ...value('b2', last) },
    ];
    const stored = await push('/features/batch', batch(3.5));
    expect([stored.status, stored.body.accepted]).toEqual([200, 3]);
    const refused = await push('/features/batch', batch('x'));
    expect([refused.status, refused.body.refusals[0].row]).toEqual([400, 2]);
    expect((await push('/features/batch', [{ feature_id: 'nope', ...value('b', 1) }])).status).toBe(404);
    expect((await push('/features/batch', [value('b', 1)])).status).toBe(400);
  });
});

async function planned(name: string): Promise<boolean> {
  const runs = await world.sql(
    `select from millrace.run r join millrace.view v on v.id = r.view_id where v.name = $1 and r.state = 'planned'`,
    [name],
  );
  return runs.length > 0;
}
