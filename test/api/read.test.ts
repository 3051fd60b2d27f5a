import { beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../src/definition/service.ts';
import { feature, view } from '../support/views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

const SERVICES: Service[] = [
  {
    name: 'checkout',
    description: '',
    features: [
      { feature: 'orders:amount', default: 0, ageMaxMs: null },
      { feature: 'spend', default: -1, ageMaxMs: 86_400_000 * 365 * 100 },
    ],
  },
  {
    name: 'numbers',
    description: '',
    features: [
      { feature: 'orders:amount', default: 1.5, ageMaxMs: null },
      { feature: 'orders:big', default: 0, ageMaxMs: null },
      { feature: 'orders:price', default: 0.25, ageMaxMs: null },
    ],
  },
  { name: 'qualified', description: '', features: [{ feature: 'spend:spend', default: -1, ageMaxMs: null }] },
];

let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld({ api: { services: SERVICES } });
  await world.sql(`create table orders_source as
    select * from (values ('1', timestamptz '2026-01-01 05:00:00.5Z', 1.5::float8, 9007199254740993, 0.10::numeric, 'é"', '{"a": 1}'::jsonb),
                          ('2', timestamptz '2026-01-02 05:00Z', null, 2, 7, 'b', null)) o (id, at, amount, big, price, note, extra)`);
  await world.apply(
    view({
      name: 'orders',
      kind: 'events',
      features: [
        feature('amount', 'float', { nullable: true }),
        feature('big', 'int'),
        feature('price', 'decimal'),
        feature('note', 'string'),
        feature('extra', 'json', { nullable: true }),
      ],
      query:
        'select id as entity_id, at as timestamp, amount, big, price, note, extra from orders_source where at >= {{start}} and at < {{end}}',
    }),
    view({ name: 'spend', query: `select '1' as entity_id, 3.25::float8 as value, {{end}} as timestamp` }),
    view({
      name: 'secret',
      tags: ['signals'],
      query: `select '1' as entity_id, 1::float8 as value, {{end}} as timestamp`,
    }),
    view({
      name: 'short_lived',
      ttlMs: 1_000,
      entity: 'product',
      query: `select 'p' as entity_id, 1::float8 as value, {{end}} as timestamp`,
    }),
  );
  for (const name of ['orders', 'spend', 'secret', 'short_lived']) await world.materialize(name);
});

const online = (body: unknown, query = '', token?: 'scoped' | 'pusher') =>
  world.ask(`/api/v1/online${query}`, { body, ...(token === undefined ? {} : { token }) });

describe('POST /api/v1/online', () => {
  test('returns value, event time, age and status of each feature', async () => {
    const { status, body } = await online({
      features: ['orders:amount', 'orders:note', 'spend'],
      entities: { customer: ['1', '2', '3'] },
    });
    const age = expect.any(Number);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        now: expect.stringMatching(/^20.*Z$/),
        rows: [
          {
            entity: 'customer',
            id: '1',
            features: {
              'orders:amount': {
                value: 1.5,
                event_time: '2026-01-01T05:00:00.500000Z',
                age_seconds: age,
                status: 'present',
              },
              'orders:note': {
                value: 'é"',
                event_time: '2026-01-01T05:00:00.500000Z',
                age_seconds: age,
                status: 'present',
              },
              spend: { value: 3.25, event_time: '2026-01-03T00:00:00Z', age_seconds: age, status: 'present' },
            },
          },
          {
            entity: 'customer',
            id: '2',
            features: {
              'orders:amount': { value: null, event_time: '2026-01-02T05:00:00Z', age_seconds: age, status: 'null' },
              'orders:note': { value: 'b', event_time: '2026-01-02T05:00:00Z', age_seconds: age, status: 'present' },
              spend: { value: null, event_time: null, age_seconds: null, status: 'missing' },
            },
          },
          {
            entity: 'customer',
            id: '3',
            features: {
              'orders:amount': { value: null, event_time: null, age_seconds: null, status: 'missing' },
              'orders:note': { value: null, event_time: null, age_seconds: null, status: 'missing' },
              spend: { value: null, event_time: null, age_seconds: null, status: 'missing' },
            },
          },
        ],
      },
    });
    const [row] = body.rows;
    const expected = (Date.parse(body.now) - Date.parse('2026-01-03T00:00:00Z')) / 1_000;
    expect(row.features.spend.age_seconds).toBe(expected);
  });

  test('writes integers and decimals with all digits, and as strings with numbers=exact', async () => {
    const request = { features: ['orders'], entities: { customer: ['1'] } };
    const plain = await online(request);
    expect(plain.text).toContain('"orders:big":{"value":9007199254740993,');
    expect(plain.text).toContain('"orders:price":{"value":0.10,');
    const exact = (await online(request, '?numbers=exact')).body.rows[0].features;
    expect([
      exact['orders:big'].value,
      exact['orders:price'].value,
      exact['orders:amount'].value,
      exact['orders:extra'].value,
    ]).toEqual(['9007199254740993', '0.10', 1.5, { a: 1 }]);
  });

  test('keeps all digits of numbers that another program wrote with other spelling', async () => {
    const stored = ['amount', '0x10', 'big', '0009007199254740993', 'price', '000123456789012345678.10'] as const;
    await world.app.online.redis.send([
      [
        'HSET',
        'mr:orders:foreign',
        '_ts',
        '1767398400000000',
        '_rev',
        '1',
        ...stored,
        'note',
        '\u2028',
        'extra',
        ' null ',
      ],
    ]);
    const request = { features: ['orders'], entities: { customer: ['foreign'] } };
    const { text, body } = await online(request);
    for (const member of [
      'amount":{"value":16,',
      'big":{"value":9007199254740993,',
      'price":{"value":123456789012345678.10,',
    ])
      expect(text).toContain(`"orders:${member}`);
    expect(body.rows[0].features['orders:note'].value).toBe('\u2028');
    expect(body.rows[0].features['orders:extra']).toMatchObject({ value: null, status: 'null' });
    const exact = (await online(request, '?numbers=exact')).body.rows[0].features;
    expect([exact['orders:big'].value, exact['orders:price'].value]).toEqual([
      '9007199254740993',
      '123456789012345678.10',
    ]);
  });

  test.each(['NaN', 'abc', '', '1e400', '-', '1.'])('reports the decimal %j of another program', async (price) => {
    await world.app.online.redis.send([
      ['HSET', 'mr:orders:wrong', '_ts', '1767398400000000', '_rev', '1', 'price', price],
    ]);
    for (const query of ['', '?numbers=exact']) {
      const { status, body } = await online({ features: ['orders:price'], entities: { customer: ['wrong'] } }, query);
      expect([status, body.code]).toEqual([500, 'ONLINE_DAMAGED']);
    }
  });

  test('judges the ttl exactly, although Redis still has the row', async () => {
    await world.app.online.redis.send([
      ['HSET', 'mr:short_lived:p', '_ts', '1767398400000000', '_rev', '1', 'short_lived', '1'],
    ]);
    const { body } = await online({ features: ['short_lived'], entities: { product: ['p'] } });
    expect(body.rows[0].features.short_lived).toEqual({
      value: null,
      event_time: '2026-01-03T00:00:00Z',
      age_seconds: expect.any(Number),
      status: 'expired',
    });
  });

  test('fills in the defaults of a service and says so', async () => {
    const { body } = await online({ service: 'checkout', entities: { customer: ['1', '2', '3'] } });
    const shown = body.rows.map(
      ({ features }: { features: Record<string, { value: unknown; status: string; is_default?: boolean }> }) =>
        Object.values(features).map(({ value, status, is_default: isDefault = false }) => [value, status, isDefault]),
    );
    expect(shown).toEqual([
      [
        [1.5, 'present', false],
        [3.25, 'present', false],
      ],
      [
        [0, 'null', true],
        [-1, 'missing', true],
      ],
      [
        [0, 'missing', true],
        [-1, 'missing', true],
      ],
    ]);
  });

  test('fills in the default of a service that names the view and its only feature', async () => {
    const { body } = await online({ service: 'qualified', entities: { customer: ['3'] } });
    expect(body.rows[0].features).toEqual({ spend: expect.objectContaining({ value: -1, is_default: true }) });
  });

  test('writes the defaults of a service like values', async () => {
    const values = async (query: string) => {
      const { body } = await online({ service: 'numbers', entities: { customer: ['3'] } }, query);
      return Object.values(body.rows[0].features).map((cell) => (cell as { value: unknown }).value);
    };
    expect(await values('')).toEqual([1.5, 0, 0.25]);
    expect(await values('?numbers=exact')).toEqual([1.5, '0', '0.25']);
  });

  test.each([
    [
      'an unknown view',
      { features: ['ordrs:amount'], entities: { customer: ['1'] } },
      404,
      'NOT_FOUND',
      'did you mean `orders`',
    ],
    [
      'an unknown feature',
      { features: ['orders:amont'], entities: { customer: ['1'] } },
      404,
      'NOT_FOUND',
      'did you mean orders:amount?',
    ],
    [
      'an unknown service',
      { service: 'chekout', entities: { customer: ['1'] } },
      404,
      'NOT_FOUND',
      'did you mean checkout?',
    ],
    [
      'a missing entity',
      { features: ['spend'], entities: { product: ['1'] } },
      400,
      'REQUEST_INVALID',
      'No requested feature belongs to the entity "product"',
    ],
    ['no entity', { features: ['spend'], entities: {} }, 400, 'REQUEST_INVALID', 'add its ids to "entities"'],
    [
      'features and a service',
      { features: ['spend'], service: 'checkout', entities: {} },
      400,
      'REQUEST_INVALID',
      'either "features" or "service"',
    ],
    ['an unknown member', { features: ['spend'], entities: {}, feature: 1 }, 400, 'REQUEST_INVALID', 'feature'],
    [
      'an id with U+0000',
      { features: ['spend'], entities: { customer: ['\0'] } },
      400,
      'REQUEST_INVALID',
      'control characters',
    ],
  ])('refuses %s', async (_, request, status, code, words) => {
    const answer = await online(request);
    expect(answer).toMatchObject({
      status,
      body: { type: 'about:blank', status, code, detail: expect.stringContaining(words) },
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });
});

describe('GET /api/v1/views/{view}/entities/{id}', () => {
  test('returns one entity', async () => {
    const { status, body } = await world.ask('/api/v1/views/spend/entities/1');
    expect([status, body.entity, body.id, body.features.spend.value]).toEqual([200, 'customer', '1', 3.25]);
  });

  test('returns an entity without a row as missing', async () => {
    const { status, body } = await world.ask('/api/v1/views/spend/entities/no%2Fone');
    expect([status, body.id, body.features.spend.status]).toEqual([200, 'no/one', 'missing']);
  });
});

describe('POST /api/v1/as-of', () => {
  test('returns the newest row at or before each time', async () => {
    const pairs = [
      { entity_id: '1', at: '2026-01-01T05:00:00.500000Z' },
      { entity_id: '1', at: '2026-01-01T05:00:00.499999Z' },
      { entity_id: '1', at: '2026-01-02T12:00:00Z' },
    ];
    const { status, body } = await world.ask('/api/v1/as-of', {
      body: { features: ['orders:amount', 'spend'], pairs },
    });
    expect(status).toBe(200);
    expect(
      body.rows.map(
        ({ at, features }: { at: string; features: Record<string, { value: unknown; age_seconds: unknown }> }) => [
          at,
          features['orders:amount']?.value,
          features['orders:amount']?.age_seconds,
          features['spend']?.value,
        ],
      ),
    ).toEqual([
      ['2026-01-01T05:00:00.500000Z', 1.5, 0, null],
      ['2026-01-01T05:00:00.499999Z', null, null, null],
      ['2026-01-02T12:00:00Z', 1.5, 111_599.5, 3.25],
    ]);
  });

  test('refuses more than 10,000 pairs, and times that are none', async () => {
    const pairs = Array.from({ length: 10_001 }, () => ({ entity_id: '1', at: '2026-01-01' }));
    expect((await world.ask('/api/v1/as-of', { body: { features: ['spend'], pairs } })).status).toBe(400);
    const wrong = await world.ask('/api/v1/as-of', {
      body: { features: ['spend'], pairs: [{ entity_id: '1', at: 'now' }] },
    });
    expect([wrong.status, wrong.body.detail]).toEqual([
      400,
      'pairs.0.at is "now"; expected an ISO date or time such as 2026-09-01T12:00:00Z.',
    ]);
  });
});

describe('GET /api/v1/views', () => {
  test('lists the views that the token can use', async () => {
    const names = async (token: 'reader' | 'scoped') =>
      (await world.ask('/api/v1/views', { token })).body.views.map((one: { name: string }) => one.name);
    expect(await names('reader')).toEqual(['orders', 'secret', 'short_lived', 'spend']);
    expect(await names('scoped')).toEqual(['secret']);
    expect((await world.ask('/api/v1/views/spend', { token: 'scoped' })).body.code).toBe('VIEW_FORBIDDEN');
  });
});
