import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openReader, type Reader } from '../src/index.ts';

const PAIRS = [{ entityId: 'ada', at: new Date('2026-01-05') }];

const CALLS: Readonly<Record<string, (reader: Reader, signal: AbortSignal) => Promise<unknown>>> = {
  readOnline: (reader, signal) => reader.readOnline(['spend'], ['ada'], { signal }),
  readAsOf: (reader, signal) => reader.readAsOf('spend', PAIRS, { signal }),
  streamAsOf: (reader, signal) => reader.streamAsOf(['spend'], PAIRS, { signal }).next(),
  trainingSet: (reader, signal) => reader.trainingSet({ views: ['spend'], labels: PAIRS, signal }).next(),
};

describe('openReader', () => {
  test.each(Object.keys(CALLS))('ends %s with the reason of its signal while Postgres is silent', async (name) => {
    const silent = createServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const offlineUrl = `postgres://u@127.0.0.1:${port}/shop`;
    const onlineUrl = `redis://127.0.0.1:${port}`;
    await using reader = openReader({ offlineUrl, onlineUrl, deadlineMs: 2_000 });
    const stop = new AbortController();
    const connected = once(silent, 'connection');
    const ended = expect(CALLS[name]?.(reader, stop.signal)).rejects.toThrow('enough');
    const [socket] = (await connected) as [Socket];
    stop.abort(new Error('enough'));
    await ended;
    socket.destroy();
    silent.close();
  });
});
