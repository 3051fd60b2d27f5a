// A request whose body does not arrive: the server waits for a minute.

import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { pushed } from './pushed-views.ts';
import { openApiWorld, TOKENS } from './world.ts';

describe('a body', () => {
  test.each([
    ['/online', 'reader'],
    ['/views/amount/rows', 'pusher'],
  ] as const)('that does not arrive is no fault of a server (%s)', async (path, token) => {
    const clock: typeof systemClock = { ...systemClock, after: (ms, work) => systemClock.after(ms / 200, work) };
    await using hasty = await openApiWorld({ api: { clock } });
    await hasty.apply(pushed({ name: 'amount' }));
    const { hostname, port } = new URL(hasty.url);
    const answer = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(Number(port), hostname);
      socket.on('data', (data) => {
        received += data;
      });
      socket.once('close', () => resolve(received));
      socket.once('error', reject);
      socket.write(
        `POST /api/v1${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKENS[token]}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"BODY_TOO_SLOW"');
    expect(hasty.logged.filter(({ event }) => event === 'api.defect')).toEqual([]);
  });
});
