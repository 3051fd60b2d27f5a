import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openRedis } from '../../src/redis/connection.ts';
import {
  allEncodedBytesMax,
  createMemoryPool,
  encodeCommand,
  encodeCommands,
  encodedBytesMax,
} from '../../src/redis/encode.ts';
import { freshRedis } from '../support/servers.ts';

/** The protocol as its specification has it: an array of bulk strings, whose lengths count bytes. */
function specified(parts: readonly (readonly string[])[]): Buffer {
  const texts = parts.flat().map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`);
  return Buffer.from(`*${texts.length}\r\n${texts.join('')}`);
}

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '\0', '\r\n', 'x'.repeat(9), 'x'.repeat(64), 'x'.repeat(65), 'é'.repeat(64), '🦔'.repeat(700)),
);

describe('encodeCommand', () => {
  test('writes what the protocol specifies, within the bytes that it announces', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), fc.array(fc.array(text, { maxLength: 6 })), (head, others) => {
        const parts = [head, ...others] as const;
        const { memory, length } = encodeCommand(Buffer.alloc(encodedBytesMax(parts), 0xff), parts);
        expect(memory.subarray(0, length)).toEqual(specified(parts));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('encodeCommands', () => {
  test('writes all commands in sequence', () => {
    const commands = [
      ['GET', 'a'],
      ['SET', 'b', 'é'.repeat(80)],
    ];
    const { memory, length } = encodeCommands(Buffer.alloc(allEncodedBytesMax(commands), 0xff), commands);
    expect(memory.subarray(0, length)).toEqual(Buffer.concat(commands.map((command) => specified([command]))));
  });
});

describe('openRedis', () => {
  test('gives each of many commands its own reply, even if another one fails', async () => {
    await using redis = openRedis({
      url: await freshRedis(),
      clock: systemClock,
      deadlineMs: 5_000,
      connectionName: 'test',
    });
    const echoes = (batch: number) => Array.from({ length: 500 }, (_, index) => ['ECHO', `${batch} ${index}`] as const);
    const batches = [1, 2, 3, 4].map((batch) => redis.send(echoes(batch)));
    const failing = redis.send([
      ['SET', 'text', 'x'],
      ['HGET', 'text', 'field'],
      ['ECHO', 'after'],
    ]);
    await expect(failing).rejects.toThrow('WRONGTYPE');
    for (const [index, replies] of (await Promise.all(batches)).entries()) {
      expect(replies).toEqual(echoes(index + 1).map(([, text]) => text));
    }
    expect(await redis.send([])).toEqual([]);
    expect(
      await redis.send([
        ['HSET', 'hash', 'a', '1'],
        ['HGETALL', 'hash'],
      ]),
    ).toEqual([1, ['a', '1']]);
  });

  test('gives a script its arguments as they are, many calls at the same time', async () => {
    await using redis = openRedis({
      url: await freshRedis(),
      clock: systemClock,
      deadlineMs: 5_000,
      connectionName: 'test',
    });
    const script = { text: 'return { KEYS[1], ARGV[1], ARGV[2], #ARGV[3] }', sha: 'f'.repeat(40) };
    const calls = Array.from({ length: 20 }, (_, index) => {
      const long = 'ü'.repeat(index * 40_000);
      const sent = redis.script(script, [`key ${index}`], [`\0 🦔 ${index}`, '', long]);
      return sent.then((reply) =>
        expect(reply).toEqual([`key ${index}`, `\0 🦔 ${index}`, '', Buffer.byteLength(long)]),
      );
    });
    await Promise.all(calls);
  });
});

describe('createMemoryPool', () => {
  test('hands out memory again that was given back, and no memory twice', () => {
    const pool = createMemoryPool(1);
    const [one, other] = [pool.take(10), pool.take(10)];
    expect(one).not.toBe(other);
    pool.giveBack(one);
    pool.giveBack(other);
    expect(pool.take(10)).toBe(one);
    expect(pool.take(10)).not.toBe(other);
    expect(pool.take(5_000_000).length).toBe(5_000_000);
  });
});
