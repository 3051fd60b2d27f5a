import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { loggedStack, loggedText } from '../../src/core/logged.ts';
import { safe, text } from '../../src/core/message.ts';

const SECRET = 'ada@example.org';

/** Like an error from a driver: its code says more than its name. */
class DatabaseError extends Error {
  override readonly name = 'error';
  readonly code = '22P02';
}

const THROWN: readonly unknown[] = [
  new Failure('SOURCE_QUERY', text`Of ${safe(3)} rows one is ${SECRET}.`),
  new DatabaseError(`invalid input syntax for type json: "${SECRET}"`),
  new TypeError(`${SECRET}\nis not a function\n    at ${SECRET} (${SECRET}:1:1)`),
  Object.assign(new Error('before'), { message: SECRET }),
  SECRET,
];

describe('loggedText', () => {
  test.each(THROWN)('contains no value: %#', (thrown) => {
    expect(loggedText(thrown)).not.toContain(SECRET);
    expect(loggedStack(thrown)).not.toContain(SECRET);
  });

  test('keeps the words of a failure, and of a network', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { syscall: 'connect' });
    expect(THROWN.slice(0, 1).map(loggedText)).toEqual(['Of 3 rows one is [redacted].']);
    expect(loggedText(refused)).toBe('connect ECONNREFUSED 127.0.0.1:1');
  });

  test('names the kind of an unexpected error, its code, and where it was thrown', () => {
    expect(loggedText(THROWN[1])).toMatch(/^DatabaseError 22P02 at .*logged\.test\.ts\S*:\d+:\d+\)?$/);
    expect(loggedText(SECRET)).toBe('a thrown string');
  });
});

describe('loggedStack', () => {
  test('is the stack with the kind of the error instead of its message', () => {
    const [first, second] = loggedStack(THROWN[2]).split('\n');
    expect([first, second]).toEqual(['TypeError', expect.stringMatching(/^ {4}at .*logged\.test\.ts/)]);
  });
});
