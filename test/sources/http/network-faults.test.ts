// Reading pages over a network that is cut, frozen, half open or slow.

import { describe, expect, test } from 'vitest';
import { type Forwarder, startForwarder } from '../../support/forwarder.ts';
import { slowTest } from '../../support/sample.ts';
import { failureOf } from '../source-contract.ts';
import { pagesOf, reading, server, useServer } from './http-reading.ts';
import { type Answer, cursorPages } from './page-server.ts';

useServer();

describe('an HTTP source over a network with faults', () => {
  const RECORDS = Array.from({ length: 30 }, (_, index) => `{"a":${index}}`);
  const ALL = RECORDS.map((_, index) => [`${index}`]);
  const pages = cursorPages(RECORDS, 10);

  /** The first half of a page, then the fault; the connection stays open on the side of the server. */
  const halfPage =
    (strike: () => unknown): Answer =>
    (request) => {
      request.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":[{"a":10},', strike);
    };

  async function readingThrough(network: Forwarder, answers: readonly (Answer | null)[], idleTimeoutMs: number) {
    const url = new URL(network.url).origin;
    return await reading(answers, pagesOf({}), { url, idleTimeoutMs });
  }

  const FAULTS: readonly (readonly [name: string, strike: (network: Forwarder) => void])[] = [
    ['cut off', (network) => network.cut()],
    ['frozen', (network) => network.freeze('existing')],
    ['half open', (network) => network.halfOpen()],
    ['half closed', (network) => network.halfClose()],
  ];
  test.each(FAULTS)('requests a page again if its connection is %s, and reads each row once', async (_, strike) => {
    const network = await startForwarder(server.origin);
    const { rows } = await readingThrough(network, [pages, halfPage(() => strike(network)), pages, pages], 500);

    expect([rows, server.requests.length]).toEqual([ALL, 4]);
  });

  test('reads each row over a slow network', async () => {
    const network = await startForwarder(server.origin);
    network.delay(50);

    expect((await readingThrough(network, [pages, pages, pages], 30_000)).rows).toEqual(ALL);
  });

  slowTest('fails with SOURCE_UNAVAILABLE if the server is gone in the middle of a page', async () => {
    const network = await startForwarder(server.origin);
    const gone = halfPage(() => network.refuse());
    const failure = await failureOf(readingThrough(network, [pages, gone], 500));

    expect([failure.code, failure.message]).toEqual([
      'SOURCE_UNAVAILABLE',
      expect.stringMatching(/^Source engine: page 2 of \/v1\/users at http:\/\/127\.0\.0\.1:\d+: /),
    ]);
  });
});
