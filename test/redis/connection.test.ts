import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openRedis, type Redis } from '../../src/redis/connection.ts';
import { serverFacts } from '../../src/redis/server-facts.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { freshRedis } from '../support/servers.ts';

const SCRIPT = { text: 'return ARGV[1]', sha: '098e0f0d1448c0a81dafe820f66d460eb09263da' };

function open(url: string, deadlineMs = 5_000): Redis {
  return openRedis({ url, clock: systemClock, deadlineMs, connectionName: 'test' });
}

describe('openRedis', () => {
  test('sends commands together and returns their replies in order, maps as lists', async () => {
    await using redis = open(await freshRedis());
    const replies = await redis.send([['HSET', 'h', 'b', '1', 'a', ''], ['HGETALL', 'h'], ['GET', 'none'], ['PING']]);
    expect(replies).toEqual([2, ['b', '1', 'a', ''], null, 'PONG']);
  });

  test('rejects if any command fails', async () => {
    await using redis = open(await freshRedis());
    const sent = redis.send([
      ['SET', 'a', '1'],
      ['HGET', 'a', 'b'],
      ['SET', 'b', '1'],
    ]);
    await expect(sent).rejects.toMatchObject({
      code: 'ONLINE_UNAVAILABLE',
      message: expect.stringContaining('WRONGTYPE'),
    });
  });

  test('sends a script as text again if the server has lost it', async () => {
    await using redis = open(await freshRedis());
    const { createHash } = await import('node:crypto');
    const script = { text: SCRIPT.text, sha: createHash('sha1').update(SCRIPT.text).digest('hex') };
    expect(await redis.script(script, [], ['1'])).toBe('1');
    await redis.send([['SCRIPT', 'FLUSH']]);
    expect(await redis.script(script, [], ['2'])).toBe('2');
  });

  test('reports in one sentence, without the password, that no server listens', async () => {
    await using redis = open('redis://user:secret@127.0.0.1:1/3');
    const message = 'The online store (redis://127.0.0.1:1/3) is not responding: connect ECONNREFUSED 127.0.0.1:1.';
    await expect(redis.send([['PING']])).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE', message });
  });

  test('reports in one sentence, without the password, that access was refused', async () => {
    await using server = await startRedis();
    const url = new URL(server.url);
    url.password = 'wrong-secret';
    await using redis = open(url.href);
    const failure = await redis.send([['PING']]).catch((error: Error) => error);
    expect(failure).toMatchObject({
      code: 'ONLINE_DENIED',
      message: expect.stringMatching(/refused access: .*Check user/),
    });
    expect(JSON.stringify(failure)).not.toContain('wrong-secret');
    expect(String(failure)).not.toContain('wrong-secret');
  });

  test('gives up on a silent server, and recovers', async () => {
    await using server = await startRedis();
    await using redis = open(server.url, 500);
    expect(await redis.send([['PING']])).toEqual(['PONG']);
    server.pause();
    const asked = async () => {
      // It may respond once more before it freezes.
      for (;;) await redis.send([['PING']]);
    };
    await expect(asked()).rejects.toMatchObject({
      code: 'ONLINE_UNAVAILABLE',
      message: expect.stringContaining('has not responded for 0.5 s'),
    });
    server.resume();
    expect(await redis.send([['PING']])).toEqual(['PONG']);
  });

  test('recovers after a restart of its server', async () => {
    await using server = await startRedis();
    await using redis = open(server.url);
    await redis.send([['PING']]);
    await server.restart();
    expect(await redis.send([['PING']])).toEqual(['PONG']);
  });

  test('stops waiting with the reason of an aborted signal', async () => {
    await using server = await startRedis();
    await using redis = open(server.url);
    await redis.send([['PING']]);
    server.pause();
    const stop = new AbortController();
    const waiting = redis.send([['PING']], stop.signal);
    stop.abort(new Error('shutdown'));
    await expect(waiting).rejects.toThrow('shutdown');
    await expect(redis.send([['PING']], stop.signal)).rejects.toThrow('shutdown');
    server.resume();
  });

  test('opens no connection after its disposal, neither for pending exchanges nor for later ones', async () => {
    await using server = await startRedis();
    const closed = openRedis({ url: server.url, clock: systemClock, deadlineMs: 60_000, connectionName: 'closed' });
    await closed.send([['PING']]);
    const pending = closed.send([['BLPOP', 'none', '0']]);
    await closed[Symbol.asyncDispose]();
    await expect(pending).rejects.toMatchObject({ code: 'ONLINE_UNAVAILABLE' });
    await expect(closed.send([['PING']])).rejects.toMatchObject({
      code: 'ONLINE_UNAVAILABLE',
      message: expect.stringContaining('the connection was closed'),
    });
    await using redis = open(server.url);
    expect(String(await redis.send([['CLIENT', 'LIST']]))).not.toContain('name=closed');
  });

  test('treats a replica like an unavailable server', async () => {
    await using primary = await startRedis();
    await using replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${primary.port}` } });
    await using redis = open(replica.url);
    await expect(redis.send([['SET', 'a', '1']])).rejects.toMatchObject({
      code: 'ONLINE_UNAVAILABLE',
      message: expect.stringContaining('READONLY'),
    });
  });
});

describe('serverFacts', () => {
  test('returns the identity, the eviction policy and the time of the server', async () => {
    await using server = await startRedis({ maxmemoryPolicy: 'allkeys-lru' });
    await using redis = open(server.url);
    const facts = await serverFacts(redis);
    expect(facts).toMatchObject({ maxmemoryPolicy: 'allkeys-lru', maxmemoryBytes: 0 });
    expect(facts.serverRunId).toMatch(/^[0-9a-f]{40}$/);
    expect(facts.replicationId).toMatch(/^[0-9a-f]{40}$/);
    expect(Math.abs(facts.time - systemClock.now())).toBeLessThan(5_000);
    await server.restart();
    expect((await serverFacts(redis)).serverRunId).not.toBe(facts.serverRunId);
  });
});
