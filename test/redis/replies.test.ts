import { describe, expect, test } from 'vitest';
import { openReplies, ReplyError } from '../../src/redis/replies.ts';

const TEXT = 'größer als 1 byte\r\n';
const LENGTH = Buffer.byteLength(TEXT);
const STREAM = [
  '+OK\r\n',
  ':42\r\n',
  ':-7\r\n',
  '$-1\r\n',
  '*-1\r\n',
  '$0\r\n\r\n',
  `$${LENGTH}\r\n${TEXT}\r\n`,
  '*0\r\n',
  '*3\r\n$1\r\na\r\n$-1\r\n*2\r\n:1\r\n*1\r\n+b\r\n',
  '-WRONGTYPE Operation against a key\r\n',
  '*2\r\n-ERR inside\r\n:1\r\n',
  '+after\r\n',
].join('');
const EXPECTED = [
  'OK',
  42,
  -7,
  null,
  null,
  '',
  TEXT,
  [],
  ['a', null, [1, ['b']]],
  new ReplyError('WRONGTYPE Operation against a key'),
  new ReplyError('ERR inside'),
  'after',
];

function repliesIn(pieces: readonly Buffer[]): unknown[] {
  const found: unknown[] = [];
  const replies = openReplies((reply) => found.push(reply));
  for (const piece of pieces) replies.add(piece);
  return found;
}

describe('openReplies', () => {
  const bytes = Buffer.from(STREAM);

  test('reads every kind of reply from one piece', () => {
    expect(repliesIn([bytes])).toEqual(EXPECTED);
  });

  test.each([1, 2, 3, 7, 64])('reads them from pieces of %i bytes', (size) => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect(repliesIn(pieces)).toEqual(EXPECTED);
  });

  test('reads them cut in two at any place', () => {
    for (let at = 1; at < bytes.length; at += 1)
      expect(repliesIn([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(EXPECTED);
  });

  test('joins the pieces of a long text once', () => {
    const text = 'x'.repeat(10_000_000);
    const long = Buffer.from(`$${text.length}\r\n${text}\r\n+OK\r\n`);
    const pieces = Array.from({ length: Math.ceil(long.length / 65_536) }, (_, index) =>
      long.subarray(index * 65_536, (index + 1) * 65_536),
    );
    expect(repliesIn(pieces)).toEqual([text, 'OK']);
  });

  test('reserves no memory for a length that a server only claims', () => {
    expect(repliesIn([Buffer.from('*1000000000\r\n+a\r\n')])).toEqual([]);
  });

  test.each([
    'HTTP/1.1 400 Bad Request\r\n',
    '%1\r\n+a\r\n+b\r\n',
    '$x\r\n',
    '$3\r\nabcd\r\n',
    ':1.5\r\n',
    '$99999999999\r\n',
    '$\r\n',
    ':-\r\n',
    `:${'1'.repeat(100)}`,
    `+${'x'.repeat(70_000)}`,
    '*1\r\n'.repeat(9),
  ])('refuses bytes that are not RESP2: %j', (text) => {
    expect(() => repliesIn([Buffer.from(text)])).toThrow('not valid Redis protocol');
  });
});
