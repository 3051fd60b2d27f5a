import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { feature, view } from '../support/views.ts';
import { type ApiWorld, openApiWorld, TOKENS } from './world.ts';

const FEATURES = Array.from({ length: 201 }, (_, index) => feature(`f${index}`, 'float', { nullable: true }));
const pairs = (count: number) => Array.from({ length: count }, () => ({ entity_id: '1', at: '2026-01-01' }));

let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld();
  await world.apply(view({ name: 'wide', features: FEATURES }), view({ name: 'wider', features: FEATURES }));
});

const asOf = (name: string, count: number) =>
  world.ask('/api/v1/as-of', { body: { features: [name], pairs: pairs(count) } });

describe('the values of a response', () => {
  test('are limited', async () => {
    const detail = 'The request asks for 201000 values (rows times features), but at most 200000 are allowed';
    const wanted = { status: 400, body: { code: 'REQUEST_INVALID', detail: expect.stringContaining(detail) } };
    expect(await asOf('wide', 1_000)).toMatchObject(wanted);
    const ids = Array.from({ length: 1_000 }, (_, index) => String(index));
    const body = { features: ['wide'], entities: { customer: ids } };
    expect(await world.ask('/api/v1/online', { body })).toMatchObject(wanted);
    expect((await asOf('wide', 3)).body.rows.length).toBe(3);
  });

  test('count once, also if rows are read again because they do not match their view', async () => {
    await world.app.online.redis.send([['SET', 'mr:wide:0', 'x']]);
    const ids = Array.from({ length: 990 }, (_, index) => String(index));
    const body = { features: ['wide'], entities: { customer: ids } };
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.ask('/api/v1/online', { body })));
    expect(answers.map((answer) => answer.body.code)).toEqual(answers.map(() => 'ONLINE_DAMAGED'));
  });

  test('of all responses together are limited until they are sent', async () => {
    const { promise: unlocked, resolve: unlock } = Promise.withResolvers<void>();
    const locked = world.app.database.transaction(async (session) => {
      await session.run('lock table features.wide in access exclusive mode');
      await unlocked;
    });
    await until(async () => (await world.sql(`select from pg_locks where mode = 'AccessExclusiveLock'`)).length > 0);
    const stop = new AbortController();
    const waiting = Array.from({ length: 5 }, () =>
      fetch(`${world.url}/api/v1/as-of`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKENS.reader}`, 'content-type': 'application/json' },
        body: JSON.stringify({ features: ['wide'], pairs: pairs(990) }),
        signal: stop.signal,
      }).catch(() => null),
    );
    await until(async () => (await asOf('wider', 50)).status === 503);
    expect((await asOf('wider', 50)).body.code).toBe('TOO_BUSY');
    expect((await asOf('wider', 5)).status).toBe(200);
    stop.abort();
    await Promise.all(waiting);
    await until(async () => (await asOf('wider', 50)).status === 200);
    unlock();
    await locked;
  });
});

const LIMIT = 1_000_000;
const HALF = LIMIT / 2;
const CHUNK = `${HALF.toString(16)}\r\n${' '.repeat(HALF)}`;

describe('the bodies of all requests', () => {
  test.each([
    ['NDJSON of unknown size', '/views/doc/rows', 'pusher', 'Transfer-Encoding: chunked', 'x-ndjson', CHUNK, 20],
    ['JSON of unknown size', '/views/doc/rows', 'pusher', 'Transfer-Encoding: chunked', 'json', CHUNK, 20],
    ['JSON of known size', '/online', 'reader', `Content-Length: ${LIMIT}`, 'json', '{', 9],
  ] as const)('are limited together (%s)', async (_, path, token, size, media, sent, count) => {
    await using limited = await openApiWorld({ limits: { bodyBytes: LIMIT } });
    await limited.apply(view({ name: 'doc', kind: 'pushed', source: '', query: null, end: null }));
    const { hostname, port } = new URL(limited.url);
    const answers: string[] = [];
    const sockets = Array.from({ length: count }, () => {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      let received = '';
      socket.on('data', (data) => {
        received += data;
        const code = /"code":"(\w+)"/.exec(received)?.[1];
        if (code !== undefined) answers.push(code);
      });
      socket.write(
        `POST /api/v1${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKENS[token]}\r\nContent-Type: application/${media}\r\n${size}\r\n\r\n${sent}`,
      );
      return socket;
    });
    await until(() => answers.length > 0);
    expect(new Set(answers)).toEqual(new Set(['TOO_BUSY']));
    expect((await limited.ask('/api/v1/online', { text: ' '.repeat(1_000), method: 'POST' })).status).toBe(400);
    for (const socket of sockets) socket.destroy();
    const whole = { text: ' '.repeat(LIMIT), method: 'POST' };
    await until(async () => (await limited.ask('/api/v1/online', whole)).status === 400);
    expect(limited.logged.filter(({ event }) => event === 'api.defect')).toEqual([]);
  });
});
