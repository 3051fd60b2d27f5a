import { describe, expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { epochMsOf } from '../../../src/core/instant.ts';
import type { FeatureView } from '../../../src/definition/view.ts';
import { openRedis, type Redis, type RedisCommand } from '../../../src/redis/connection.ts';
import { freePort, isFree } from '../../../src/servers/free-port.ts';
import { startRedis } from '../../../src/servers/servers.ts';
import { redisSource } from '../../../src/sources/redis/redis.ts';
import type { Source, SourceOptions } from '../../../src/sources/source.ts';
import { type Forwarder, startForwarder } from '../../support/forwarder.ts';
import { freshRedis } from '../../support/servers.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { eventsView, feature, sourceOptions } from '../worlds.ts';

const calm = new AbortController().signal;
const NOW = '2026-01-31T08:00:00.000Z';
const clock: Clock = { ...systemClock, now: () => epochMsOf(Date.parse(NOW)) };

const SCORES = { keys: 'user_features:{entity_id}:risk_score', features: [feature('value', 'float')] };
const USERS = {
  keys: 'user:{entity_id}',
  columns: { timestamp: 'updated_at', level: 'kyc_level', vip: 'is_vip' },
  features: [feature('level', 'int', { nullable: true }), feature('vip', 'bool', { nullable: true })],
};

type World = { readonly url: string; readonly redis: Redis; readonly source: Source };

async function world(commands: readonly RedisCommand[], changes: Partial<SourceOptions> = {}): Promise<World> {
  const url = changes.url ?? (await freshRedis());
  const redis = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  if (commands.length > 0) await redis.send(commands);
  return { url, redis, source: redisSource.open(sourceOptions({ name: 'cache', clock, ...changes, url })) };
}

function asking(view: Partial<FeatureView>) {
  return { view: eventsView({ kind: 'latest', ...view }), span: null };
}

async function rowsOf({ source }: World, view: Partial<FeatureView>) {
  return (await allRows(source, asking(view), calm)).toSorted();
}

/** The bytes that the server has sent. */
async function sentBy({ redis }: World): Promise<number> {
  const [info] = await redis.send([['INFO', 'stats']]);
  return Number(/^total_net_output_bytes:(\d+)/m.exec(String(info))?.[1]);
}

function scores(count: number): RedisCommand[] {
  return Array.from({ length: count }, (_, index) => ['SET', `user_features:${index}:risk_score`, `0.${index + 1}`]);
}

describe('redisSource', () => {
  test('reads strings as of the time of the run, and only keys of the pattern', async () => {
    const cache = await world([
      ['SET', 'user_features:12345:risk_score', '0.30000000000000004'],
      ['SET', 'user_features:Łódź:x:risk_score', ' not a number'],
      ['SET', 'user_features::risk_score', '1'],
      ['SET', 'user_features:1:other', '1'],
      ['SET', 'xuser_features:1:risk_score', '1'],
    ]);

    expect(await cache.source.describe(asking(SCORES), calm)).toEqual([
      { name: 'entity_id', type: 'text', nativeType: 'Redis text' },
      { name: 'timestamp', type: 'timestamptz', nativeType: 'Redis text' },
      { name: 'value', type: 'float', nativeType: 'Redis text' },
    ]);
    expect(await rowsOf(cache, SCORES)).toEqual([
      ['12345', NOW, '0.30000000000000004'],
      ['Łódź:x', NOW, ' not a number'],
    ]);
  });

  test('reads the fields of hashes, with ISO and Unix times, and null for a missing field', async () => {
    const cache = await world([
      [
        'HSET',
        'user:iso',
        'updated_at',
        '2026-01-30T10:00:00.123456Z',
        'kyc_level',
        '9223372036854775807',
        'is_vip',
        'true',
      ],
      ['HSET', 'user:seconds', 'updated_at', '1769767200.5', 'kyc_level', '2', 'is_vip', '0'],
      ['HSET', 'user:millis', 'updated_at', '1769767200123', 'kyc_level', '3'],
      ['HSET', 'user:bare', 'other', 'x'],
    ]);

    expect(await rowsOf(cache, USERS)).toEqual([
      ['bare', null, null, null],
      ['iso', '2026-01-30T10:00:00.123456Z', '9223372036854775807', 'true'],
      ['millis', '2026-01-30T10:00:00.123Z', '3', null],
      ['seconds', '2026-01-30T10:00:00.500Z', '2', 'false'],
    ]);
  });

  test('takes the characters of a pattern as themselves', async () => {
    const keys = String.raw`a*?[b-c]\^{entity_id}]`;
    const cache = await world([
      ['SET', String.raw`a*?[b-c]\^1]`, '1'],
      ['SET', 'aXXb^2]', '2'],
      ['SET', String.raw`aaabcb\^3]`, '3'],
    ]);

    expect(await rowsOf(cache, { ...SCORES, keys })).toEqual([['1', NOW, '1']]);
  });

  test('returns each of many keys once, in batches of at most batchRows, also while others come and go', async () => {
    const cache = await world(scores(3_000), { batchRows: 100 });
    const sizes: number[] = [];
    const entities: (string | null)[] = [];
    for await (const batch of cache.source.read(asking(SCORES), calm)) {
      sizes.push(batch.rows);
      entities.push(...(batch.columns[0] ?? []));
      const turn = sizes.length;
      await cache.redis.send([
        ['SET', `user_features:new${turn}:risk_score`, '1'],
        ['DEL', `user_features:new${turn - 1}:risk_score`],
      ]);
    }

    const old = entities.filter((entity) => !entity?.startsWith('new'));
    expect(new Set(old).size).toBe(3_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  test('leaves out keys that are gone when they are read', async () => {
    const cache = await world([
      ['HSET', 'user:1', 'kyc_level', '1'],
      ['HSET', 'user:2', 'kyc_level', '2'],
    ]);
    // Expired keys stay in SCAN until the server has deleted them.
    await cache.redis.send([['PEXPIRE', 'user:2', '0']]);

    expect(
      (await rowsOf(cache, { ...USERS, columns: { level: 'kyc_level', vip: 'is_vip' } })).map(([id]) => id),
    ).toEqual(['1']);
  });

  test.each([
    ['list', SCORES, 'string', 'the view has no `columns`', ['RPUSH', 'user_features:7:risk_score', 'x']],
    ['string', USERS, 'hash', 'the view has `columns`', ['SET', 'user:7', 'x']],
  ] as const)('names a key of type %s, and the type that was expected', async (type, view, expected, why, command) => {
    const cache = await world([command as unknown as RedisCommand]); // a tuple of texts
    const { code, message } = await failureOf(allRows(cache.source, asking(view), calm));

    expect([code, message]).toEqual([
      'SOURCE_SHAPE',
      expect.stringMatching(
        new RegExp(`key user.*7.* of source cache .* has type ${type}; expected a ${expected}, because ${why}`),
      ),
    ]);
  });

  test('refuses bytes that are not UTF-8', async () => {
    const cache = await world([
      ['EVAL', "return redis.call('SET', KEYS[1], '\\255')", '1', 'user_features:1:risk_score'],
    ]);

    expect((await failureOf(allRows(cache.source, asking(SCORES), calm))).message).toMatch(/bytes that are not UTF-8/);
  });

  test.each([
    ['string', SCORES, 'user_features:', ':risk_score', "'SET', KEYS[1], '1'"],
    ['hash', USERS, 'user:', '', "'HSET', KEYS[1], 'kyc_level', '1'"],
  ])('refuses a key of a %s that is not UTF-8, instead of missing it', async (_, view, before, after, command) => {
    const script = `KEYS[1] = '${before}a\\255' .. '${after}'; return redis.call(${command})`;
    const cache = await world([['EVAL', script, '1', 'x']]);
    const { code, message } = await failureOf(allRows(cache.source, asking(view), calm));

    expect([code, message]).toEqual([
      'SOURCE_SHAPE',
      expect.stringContaining(`key ${before}a\ufffd${after} of source cache`),
    ]);
    expect(message).toContain('is not UTF-8; expected text. Rename the key, or change `keys`');
  });

  test('refuses a key that is too large without fetching it', async () => {
    // Not the shared server, because the bytes that it sends are counted.
    await using server = await startRedis();
    const cache = await world(
      [
        ['HSET', 'user:1', 'kyc_level', '1'],
        ['SETRANGE', 'user_features:1:risk_score', '17000000', 'x'],
      ],
      { url: server.url },
    );
    const large =
      "return redis.call('HSET', KEYS[1], 'kyc_level', string.rep('x', 9000000), 'is_vip', string.rep('x', 9000000))";
    expect(await rowsOf(cache, USERS)).toEqual([['1', null, '1', null]]);
    await cache.redis.send([['EVAL', large, '1', 'user:2']]);
    const before = await sentBy(cache);

    for (const [view, size] of [
      [SCORES, 17],
      [USERS, 18],
    ] as const) {
      const { code, message } = await failureOf(allRows(cache.source, asking(view), calm));
      expect([code, message]).toEqual([
        'SOURCE_SHAPE',
        expect.stringContaining(`is ${size} MB; expected at most 16 MB. Change \`keys\``),
      ]);
    }
    expect((await sentBy(cache)) - before).toBeLessThan(1_000_000);
  });

  test('reads values that are large together in several exchanges', async () => {
    const cache = await world([]);
    const set =
      "for at = 1, 8 do redis.call('SET', 'user_features:' .. at .. ':risk_score', string.rep('x', 5000000)) end";
    await cache.redis.send([['EVAL', set, '0']]);

    const rows = await rowsOf(cache, SCORES);
    expect(rows.map(([entity, , text]) => [entity, text?.length])).toEqual(
      Array.from({ length: 8 }, (_, at) => [`${at + 1}`, 5_000_000]),
    );
  });

  test('refuses a node of a cluster, which has only some of the keys', async () => {
    // The nodes of a cluster also use the port that is higher by 10,000, which should not be one for outgoing connections.
    let port = await freePort();
    while (port > 22_000 || !(await isFree(port + 10_000))) port = await freePort();
    await using server = await startRedis({ port, settings: { 'cluster-enabled': 'yes' } });
    const cache = await world([], { url: server.url });
    const failures = await Promise.all([
      failureOf(cache.source.probe(calm)),
      failureOf(cache.source.describe(asking(SCORES), calm)),
      failureOf(allRows(cache.source, asking(SCORES), calm)),
    ]);

    expect(failures.map(({ code }) => code)).toEqual(Array(3).fill('SOURCE_DENIED'));
    expect(failures.map(({ message }) => message)).toEqual(
      Array(3).fill(
        expect.stringMatching(/^source cache .* is a node of a Redis Cluster, which has only some of the keys/),
      ),
    );
  });

  test('explains what it needs to a view with a query', async () => {
    const cache = await world([]);
    const { code, message } = await failureOf(cache.source.describe(asking({ query: 'select 1' }), calm));

    expect([code, message]).toEqual([
      'DEFINITION_INVALID',
      expect.stringContaining('Add `keys`, such as user:{entity_id}'),
    ]);
  });

  test('stops with the reason of its signal, and can be read again', async () => {
    const cache = await world(scores(2_000), { batchRows: 10 });
    const controller = new AbortController();
    const reason = new Error('stopped');
    const reading = (async () => {
      for await (const _ of cache.source.read(asking(SCORES), controller.signal)) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    for await (const _ of cache.source.read(asking(SCORES), calm)) break;

    expect(await rowsOf(cache, SCORES)).toHaveLength(2_000);
    await expect(cache.source.probe(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  const faults: readonly (readonly [name: string, strike: (network: Forwarder) => void])[] = [
    ['cut off', (network) => network.cut()],
    ['frozen', (network) => network.freeze('existing')],
    ['half open', (network) => network.halfOpen()],
    ['half closed', (network) => network.halfClose()],
    ['refused', (network) => network.refuse()],
  ];
  test.each(faults)('says SOURCE_UNAVAILABLE if its connection is %s, and reads every key later', async (_, strike) => {
    const { url } = await world(scores(3_000));
    const network = await startForwarder(url);
    const through = await world([], { url: network.url, batchRows: 100, idleTimeoutMs: 2_000 });
    let batches = 0;
    const reading = (async () => {
      for await (const _batch of through.source.read(asking(SCORES), calm)) {
        batches += 1;
        if (batches === 2) strike(network);
      }
    })();
    const { code, message } = await failureOf(reading);
    network.heal();

    expect([code, message]).toEqual(['SOURCE_UNAVAILABLE', expect.stringContaining('source cache (redis://127.0.0.1')]);
    expect(await rowsOf(through, SCORES)).toHaveLength(3_000);
  });

  test('reads every key over a slow network', async () => {
    const { url } = await world(scores(300));
    const network = await startForwarder(url);
    network.delay(50);
    const through = await world([], { url: network.url, batchRows: 100 });

    expect(await rowsOf(through, SCORES)).toHaveLength(300);
  });

  test('says SOURCE_UNAVAILABLE if the server is killed during the read', async () => {
    await using server = await startRedis();
    const cache = await world(scores(3_000), { url: server.url, batchRows: 100, idleTimeoutMs: 2_000 });
    let batches = 0;
    const reading = (async () => {
      for await (const _ of cache.source.read(asking(SCORES), calm)) {
        batches += 1;
        if (batches === 2) await server.kill();
      }
    })();

    expect((await failureOf(reading)).code).toBe('SOURCE_UNAVAILABLE');
  });

  test('fails with a retryable failure if the server was restarted during the read', async () => {
    await using server = await startRedis();
    const cache = await world(scores(3_000), { url: server.url, batchRows: 100 });
    await cache.redis.send([['SAVE']]);
    let batches = 0;
    const reading = (async () => {
      for await (const _ of cache.source.read(asking(SCORES), calm)) {
        batches += 1;
        if (batches !== 2) continue;
        await server.stop();
        await server.start();
      }
    })();

    expect((await failureOf(reading)).code).toBe('SOURCE_UNAVAILABLE');
  });

  test('needs only the permissions in its docs, and fails with SOURCE_DENIED for a wrong password', async () => {
    const { redis, url } = await world(scores(3));
    await redis.send([
      ['ACL', 'SETUSER', 'reader', ...'on >hunter2 %R~user_features:* +@read +ping +info +select'.split(' ')],
    ]);
    const at = async (password: string) => {
      const own = new URL(url);
      Object.assign(own, { username: 'reader', password });
      return allRows((await world([], { url: own.href })).source, asking(SCORES), calm);
    };
    const rows = await at('hunter2');
    const { code, message } = await failureOf(at('hunter3'));
    await redis.send([['ACL', 'DELUSER', 'reader']]);

    expect(rows).toHaveLength(3);
    expect([code, message]).toEqual(['SOURCE_DENIED', expect.stringContaining('refused access')]);
    expect(message).not.toContain('hunter');
  });
});
