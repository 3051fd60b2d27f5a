import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { feature, view } from '../support/views.ts';
import { type ApiWorld, openApiWorld, TOKENS } from './world.ts';

const LIMIT = 1_000_000;
let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld({ limits: { bodyBytes: LIMIT } });
  await world.apply(
    view({
      name: 'doc',
      kind: 'pushed',
      source: '',
      query: null,
      end: null,
      features: [feature('doc', 'json', { column: 'value' })],
    }),
  );
});

const ROUTES = [
  '/api/v1/online',
  '/api/v1/as-of',
  '/api/v1/views/doc/rows',
  '/api/v1/features/doc/values',
  '/api/v1/features/batch',
];
const tokenOf = (path: string) => (/rows|features/.test(path) ? ('pusher' as const) : ('reader' as const));
const DEEP = '['.repeat(200_000);

const BODIES: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['no JSON', '{'],
  ['a number', '1e999'],
  ['null', 'null'],
  ['deep lists', DEEP],
  ['deep lists that end', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['deep maps', '{"a":'.repeat(100_000)],
  ['a deep row', `{"rows":[{"entity_id":"a","timestamp":"2026-01-01","value":${'['.repeat(105)}${']'.repeat(105)}}]}`],
  [
    'prototype keys',
    '{"__proto__":{"rows":[]},"constructor":{"prototype":{}},"entities":{"__proto__":["1"]},"features":["doc"]}',
  ],
  ['a list of prototypes', '[{"__proto__":{"feature_id":"doc"}}]'],
  ['U+0000', '{"features":["doc"],"entities":{"customer":["\\u0000"]}}'],
  ['half a surrogate', '{"features":["doc"],"entities":{"customer":["\\ud800"]}}'],
  ['many members', `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join(',')}}`],
];

describe('a hostile body', () => {
  test.each(BODIES)('with %s is refused by every route', async (_, text) => {
    for (const path of ROUTES) {
      const { status, body } = await world.ask(path, { method: 'POST', text, token: tokenOf(path) });
      expect({ path, status, code: body?.code }).toEqual({
        path,
        status: expect.toSatisfy((code) => code >= 400 && code < 500),
        code: expect.any(String),
      });
    }
    expect(Object.hasOwn(Object.prototype, 'rows')).toBe(false);
  });

  test('with many entries in a map is refused for their number, not for each of them', async () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 1]));
    const asked = [
      ['/api/v1/online', { features: ['doc'], entities: many }, 'expected at most 20 entities'],
      ['/api/v1/online', { features: ['doc'], entities: { customer: [many] } }, 'expected at most 20 components'],
      [
        '/api/v1/as-of',
        { features: ['doc'], pairs: [{ entity_id: many, at: '2026-01-01' }] },
        'expected at most 20 components',
      ],
    ] as const;
    for (const [path, body, message] of asked) {
      const answer = await world.ask(path, { body });
      expect([answer.status, answer.body.issues.map((issue: { message: string }) => issue.message)]).toEqual([
        400,
        [message],
      ]);
    }
  });

  test.each([
    ['/api/v1/views/doc/rows', '{"rows":[{"entity_id":"caf\xe9","timestamp":"2026-01-01","value":1}]}'],
    ['/api/v1/online', '{"features":["doc"],"entities":{"customer":["caf\xe9"]}}'],
    ['/api/v1/as-of', '{"features":["doc"],"pairs":[{"entity_id":"caf\xe9","at":"2026-01-01"}]}'],
    ['/api/v1/views/doc/pause', '{"reason":"caf\xe9"}'],
  ])('that is not UTF-8 is refused by %s', async (path, text) => {
    const token = TOKENS[path.endsWith('pause') ? 'operator' : tokenOf(path)];
    const answer = await fetch(`${world.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: Buffer.from(text, 'latin1'),
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'REQUEST_INVALID', detail: 'The body is not valid UTF-8.' }),
    ]);
  });

  test.each(['application/json', 'application/x-ndjson'])('that never ends is cut off (%s)', async (type) => {
    const chunk = new Uint8Array(65_536).fill(0x20);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += chunk.length;
        if (sent > 50 * LIMIT) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const options = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': type, authorization: `Bearer ${TOKENS.pusher}` },
    };
    const answer = await fetch(`${world.url}/api/v1/views/doc/rows`, options as RequestInit).catch(() => null); // `duplex` is not typed
    // The server may close the connection before the client has read the answer.
    expect(answer === null || answer.status === 413).toBe(true);
    expect(sent).toBeLessThan(50 * LIMIT);
  });

  test('that is announced as too large is refused before it is sent', async () => {
    const { hostname, port } = new URL(world.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /api/v1/views/doc/rows HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKENS.pusher}\r\nContent-Type: application/json\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`,
        );
      });
      socket.once('data', (data) => {
        resolve(String(data).split('\r\n')[0] ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(answer).toBe('HTTP/1.1 413 Payload Too Large');
  });

  test('that is slow does not block other requests', async () => {
    const { hostname, port } = new URL(world.url);
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /api/v1/online HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKENS.reader}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
      );
      return socket;
    });
    expect((await world.ask('/api/v1/views')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

describe('a hostile request', () => {
  test.each([
    ['/api/v1/views/doc%00/entities/1', 400],
    ['/api/v1/views/__proto__', 400],
    ['/api/v1/views/constructor', 404],
    ['/api/v1/runs/1e99', 400],
    ['/api/v1/runs/99999999999999999999', 400],
    ['/api/v1/runs?limit=-1', 400],
    ['/api/v1/views/doc/entities/%ff', 400],
    ['/api/v1/views/doc/entities/caf%E9', 400],
    ['/api/v1/views/doc/entities/caf%C3%A9', 200],
    ['/api/v1/views/doc/entities/50%25', 200],
    ['/api/v1/views/doc/entities/50%', 200],
    ['/api/v1/../../etc/passwd', 404],
    ['/api/v2/online', 404],
  ])('%s is answered with %i', async (path, status) => {
    expect((await world.ask(path)).status).toBe(status);
  });
});
