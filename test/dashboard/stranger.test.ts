// Requests that our pages never make: each gets a short response with all headers, and none is a bug.

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deployedFailure, type FailedRun } from './failed-run.ts';
import { type DashboardWorld, openDashboardWorld } from './server-world.ts';

let failed: FailedRun;
let world: DashboardWorld;

beforeAll(async () => {
  failed = await deployedFailure();
  world = await openDashboardWorld({ database: failed.database, defaultRole: 'operator' });
});
afterAll(() => failed[Symbol.asyncDispose]());

const FOUND = 200;
const NOT_FOUND = 404;
const NOT_UNDERSTOOD = 400;

/** Sends exactly these bytes; returns the first line of the response, or an empty string. */
function sent(bytes: string): Promise<string> {
  const { hostname, port } = new URL(world.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''));
    socket.on('error', reject);
  });
}

describe('a stranger', () => {
  test.each([
    ['/assets/../server.ts', NOT_FOUND],
    ['/assets/..%2fserver.ts', NOT_FOUND],
    ['/assets/%2e%2e%2f%2e%2e%2fpackage.json', NOT_FOUND],
    ['/assets/..%5cserver.ts', NOT_FOUND],
    ['/assets/__proto__', NOT_FOUND],
    ['/assets/constructor', NOT_FOUND],
    ['/assets/dashboard.css%00.svg', NOT_UNDERSTOOD],
    ['/queues/static/..%2f..%2f..%2fpackage.json', NOT_FOUND],
    ['/queues/static/../../../package.json', NOT_FOUND],
    ['/views/%00', NOT_UNDERSTOOD],
    ['/views/%ff%fe', NOT_FOUND],
    ['/views/%E0%A4%A', NOT_FOUND],
    ['/views/%ed%a0%80', NOT_FOUND],
    ['/views/spend?at=%00&before=%00', NOT_UNDERSTOOD],
    ['/views/spend?at=-999999-01-01T00:00:00Z', FOUND],
    ['/views/spend?at=9999-12-31T23:59:59Z', FOUND],
    ['/views/spend?before=999999999999999', FOUND],
    ['/runs?view=%00', NOT_UNDERSTOOD],
    ['/runs?state=%00&before=-1', NOT_UNDERSTOOD],
    ['/runs?state=constructor', FOUND],
    ['/runs?before=999999999999999', FOUND],
    ['/runs/9999999999999999999999', NOT_FOUND],
    ['/runs/999999999999999', NOT_FOUND],
    ['/runs/%00', NOT_UNDERSTOOD],
    ['/runs/1e3', NOT_FOUND],
    ['/backfills/%00', NOT_UNDERSTOOD],
    ['/backfills?before=999999999999999', FOUND],
    ['/quarantine?reason=%00&run=%00', NOT_UNDERSTOOD],
    ['/quarantine?view=%00', NOT_UNDERSTOOD],
    ['/?q=%00&state=%00&job=%00&after=%00', NOT_UNDERSTOOD],
    ['/?notice=%00', NOT_UNDERSTOOD],
    ['//example.org/', NOT_FOUND],
    ['/views//example.org', NOT_FOUND],
    ['/queues%0d%0alocation:%20http://example.org', NOT_FOUND],
  ])('answers %s with %i', async (path, status) => {
    const answer = await world.ask(path);
    expect([answer.status, answer.headers['cache-control'], answer.headers['set-cookie']]).toEqual([
      status,
      'no-store',
      undefined,
    ]);
    expect(answer.body.length).toBeLessThan(40_000);
    expect(answer.body).not.toContain('"scripts"');
    expect(world.logged.filter(({ event }) => event === 'dashboard.defect')).toEqual([]);
  });

  test('answers a long request briefly', async () => {
    for (const path of [`/?q=${'x'.repeat(12_000)}`, `/runs?${'view=spend&'.repeat(1_000)}`]) {
      const { status, body } = await world.ask(path);
      expect(status).toBe(FOUND);
      expect(body.length).toBeLessThan(10_000);
    }
  });

  test.each(['OPTIONS', 'DELETE', 'PATCH', 'PUT', 'PROPFIND'])('changes nothing for %s', async (method) => {
    const headers = { host: new URL(world.url).host, origin: world.url };
    for (const path of ['/', `/runs/${failed.run}/retry`, '/views/spend/pause', '/assets/dashboard.css']) {
      expect([path, (await world.ask(path, { method, headers })).status]).toEqual([path, 404]);
    }
    expect(await failed.database.query('select count(*)::int as runs from millrace.run')).toEqual([{ runs: 1 }]);
  });

  test('answers HEAD with headers only', async () => {
    const { status, headers, body } = await world.ask('/runs', { method: 'HEAD' });
    expect([status, headers['cache-control'], headers['x-frame-options'], body]).toEqual([200, 'no-store', 'DENY', '']);
  });

  test('does not redirect for a hostile view name', async () => {
    const headers = { host: new URL(world.url).host, origin: world.url };
    for (const name of ['%0d%0aset-cookie:%20a=b', '%2f%2fexample.org', '..%2f..%2f', 'x'.repeat(8_000)]) {
      const answer = await world.ask(`/views/${name}/pause`, { method: 'POST', headers });
      expect([answer.status, answer.headers['location'], answer.headers['set-cookie']]).toEqual([
        404,
        undefined,
        undefined,
      ]);
    }
    expect(world.logged.filter(({ event }) => event === 'dashboard.defect')).toEqual([]);
  });

  test('refuses an endless form and a huge form', async () => {
    const headers = {
      host: new URL(world.url).host,
      origin: world.url,
      'content-type': 'application/x-www-form-urlencoded',
    };
    const answer = await world.ask('/views/spend/pause', {
      method: 'POST',
      headers,
      body: `reason=${'x'.repeat(100_000)}`,
    });
    expect(answer.status).toBe(413);
    const nested = await world.ask('/views/spend/resume', {
      method: 'POST',
      headers,
      body: '__proto__[a]=1&constructor=2',
    });
    expect(nested.status).toBe(303);
  });

  test.each([
    [
      'huge headers',
      `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`,
      'HTTP/1.1 431 Request Header Fields Too Large',
    ],
    ['no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
      'HTTP/1.1 400 Bad Request',
    ],
    ['nonsense', 'hello\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    [
      'a whole address of another server',
      'GET http://example.org/ HTTP/1.1\r\nhost: example.org\r\nconnection: close\r\n\r\n',
      'HTTP/1.1 403 Forbidden',
    ],
    [
      'a name of another server',
      'GET / HTTP/1.1\r\nhost: localhost.example.org\r\nconnection: close\r\n\r\n',
      'HTTP/1.1 403 Forbidden',
    ],
    [
      'a name with a password in it',
      'GET / HTTP/1.1\r\nhost: localhost@example.org\r\nconnection: close\r\n\r\n',
      'HTTP/1.1 400 Bad Request',
    ],
  ])('refuses %s', async (_, bytes, line) => {
    expect(await sent(bytes)).toBe(line);
  });
});
