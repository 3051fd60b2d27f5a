// Requests that no route accepts: each response says what was expected, and what was received.

import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { view } from '../support/views.ts';
import { pushed, T } from './pushed-views.ts';
import { type ApiWorld, type Asked, openApiWorld, TOKENS } from './world.ts';

let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld();
  await world.apply(view({ name: 'spend' }), pushed({ name: 'amount' }));
});

const issueOf = async (path: string, asked: Asked = {}) => {
  const { status, body } = await world.ask(`/api/v1${path}`, asked);
  const [{ at, message } = { at: null, message: null }] = body.issues ?? [];
  return [status, body.code, at, message];
};

describe('a request that does not match its schema', () => {
  const ENTITIES = { customer: ['1'] };
  const FEATURES = ['spend'];
  const PAIR = { entity_id: '1', at: '2026-01-01' };

  test.each<readonly [path: string, body: unknown, at: string, message: string]>([
    ['/online', { features: FEATURES }, 'body.entities', 'expected an object, received nothing'],
    ['/online', { features: FEATURES, entities: ['1'] }, 'body.entities', 'expected an object, received a list'],
    ['/online', { features: 'spend', entities: ENTITIES }, 'body.features', 'expected a list, received "spend"'],
    ['/online', { features: [], entities: ENTITIES }, 'body.features', 'expected at least 1 element'],
    ['/online', { features: [null], entities: ENTITIES }, 'body.features.0', 'expected a string, received null'],
    ['/online', { features: ['a b'], entities: {} }, 'body.features.0', 'expected view:feature, or the name of a view'],
    [
      '/online',
      { features: FEATURES, entities: { customer: [17] } },
      'body.entities.customer.0',
      'expected a string or an object, received 17',
    ],
    [
      '/online',
      { features: FEATURES, entities: { customer: [{ customer: 17 }] } },
      'body.entities.customer.0.customer',
      'expected a string, received 17',
    ],
    [
      '/online',
      { features: FEATURES, entities: { customer: ['\0'] } },
      'body.entities.customer.0',
      'expected a string free of control characters',
    ],
    [
      '/online',
      { features: FEATURES, entities: { customer: [''] } },
      'body.entities.customer.0',
      'expected at least 1 character',
    ],
    ['/as-of', { features: FEATURES, pairs: [PAIR], service: 'a' }, 'body', 'unknown key "service"'],
    ['/as-of', { features: FEATURES, pairs: [PAIR], a: 1, b: 2 }, 'body', 'unknown keys "a", "b"'],
    [
      '/as-of',
      { features: FEATURES, pairs: new Array(10_001).fill(PAIR) },
      'body.pairs',
      'expected at most 10000 elements',
    ],
    ['/as-of', { features: FEATURES, pairs: [{ ...PAIR, at: 5 }] }, 'body.pairs.0.at', 'expected a string, received 5'],
    ['/online', 'spend', 'body', 'expected an object, received "spend"'],
  ])('%s %j', async (path, body, at, message) => {
    expect(await issueOf(path, { body })).toEqual([400, 'REQUEST_INVALID', at, message]);
  });

  test.each([
    ['/runs/abc', 'param.id', 'expected a number, received "abc"'],
    ['/runs/1.5', 'param.id', 'expected a whole number, received "1.5"'],
    ['/runs?limit=1001', 'query.limit', 'expected at most 1000'],
    ['/intervals', 'query.view', 'expected a string, received nothing'],
    ['/views/spend/entities/1?numbers=all', 'query.numbers', 'expected "json" or "exact", received "all"'],
    // Ignoring a typo would return doubles.
    ['/views/spend/entities/1?number=exact', 'query', 'unknown key "number"'],
    ['/runs?view=spend&lmit=1', 'query', 'unknown key "lmit"'],
    ['/backfills?limits=1', 'query', 'unknown key "limits"'],
    ['/views?tag=signals', 'query', 'unknown key "tag"'],
    ['/views/spend?full=true', 'query', 'unknown key "full"'],
  ])('%s', async (path, at, message) => {
    expect(await issueOf(path)).toEqual([400, 'REQUEST_INVALID', at, message]);
  });

  test.each(['/views/amount/rows', '/features/amount/values', '/features/batch'])(
    '%s with a misspelled parameter',
    async (path) => {
      const row = { entity_id: '1', timestamp: T, value: 1 };
      const body = path.endsWith('rows') ? { rows: [row] } : path.endsWith('batch') ? [row] : row;
      const asked = { token: 'pusher', body } as const;
      expect(await issueOf(`${path}?waits=published`, asked)).toEqual([
        400,
        'REQUEST_INVALID',
        'query',
        'unknown key "waits"',
      ]);
    },
  );
});

describe('another method than those of a route', () => {
  test.each([
    ['GET', '/api/v1/online', 'POST'],
    ['DELETE', '/api/v1/views/spend', 'GET'],
    ['GET', '/api/v1/views/spend/rows', 'POST'],
    ['PUT', '/api/v1/backfills/1/pause', 'POST'],
  ])('%s %s is answered with those that it has', async (method, path, allow) => {
    const { status, headers, body } = await world.ask(path, { method, token: 'operator' });
    expect([status, body.code, headers.get('allow')]).toEqual([405, 'METHOD_UNKNOWN', allow]);
    expect(body.detail).toBe(`This route does not support the method ${method}: use ${allow}.`);
  });
});

describe('a body', () => {
  test('that is compressed is refused as such', async () => {
    const answer = await fetch(`${world.url}/api/v1/views/amount/rows`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKENS.pusher}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: gzipSync('{"rows":[]}'),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      415,
      {
        code: 'MEDIA_TYPE_UNKNOWN',
        detail: 'The Content-Encoding "gzip" is not supported: send the body uncompressed.',
      },
    ]);
  });
});

describe('the message about refused rows', () => {
  const row = (value: unknown) => ({ entity_id: '1', timestamp: T, value });
  const reason = 'value is "x", not a number';

  test.each<readonly [path: string, body: unknown, detail: string]>([
    [
      '/views/amount/rows',
      { rows: [row(1), row('x')] },
      `1 row was refused, so nothing was stored: row 1 (counting from 0): ${reason}. Fix the rows, or add ?partial=true to store the others.`,
    ],
    [
      '/views/amount/rows?partial=true',
      { rows: [row('x'), row('x')] },
      `2 rows were refused, so nothing was stored: row 0 (counting from 0): ${reason}. Fix the rows.`,
    ],
    ['/features/amount/values', row('x'), `The value was refused, so nothing was stored: ${reason}. Fix it.`],
    [
      '/features/batch',
      [
        { feature_id: 'amount', ...row(1) },
        { feature_id: 'amount', ...row('x') },
      ],
      `1 value was refused, so nothing was stored: row 1 (counting from 0): ${reason}. Fix the values.`,
    ],
  ])('of %s gives advice that the route can take', async (path, body, detail) => {
    const answer = await world.ask(`/api/v1${path}`, { token: 'pusher', body });
    expect([answer.status, answer.body.detail]).toEqual([400, detail]);
  });
});
