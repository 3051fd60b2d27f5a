import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { command, joined, type Message, safe, text, textOf, value } from '../../src/core/message.ts';
import { bounded, MESSAGE_CHARACTERS_MAX } from '../../src/core/message-length.ts';

describe('bounded', () => {
  test('cuts a long value, shows its length, and keeps the rest of the message', () => {
    const message = bounded(
      text`The value "${'x'.repeat(12_345)}" is too long; run "${command('millrace retry 582')}".`,
    );
    expect(textOf(message)).toBe(
      `The value "${'x'.repeat(400)}… (12,345 characters)" is too long; run "millrace retry 582".`,
    );
  });

  test('cuts each of several long values to the same length', () => {
    const message = bounded(text`${'a'.repeat(600)} and ${'b'.repeat(700)}.`);
    expect(textOf(message)).toBe(`${'a'.repeat(200)}… (600 characters) and ${'b'.repeat(200)}… (700 characters).`);
  });

  test('limits each problem of a list, not the list', () => {
    const problems = Array.from({ length: 40 }, (_, line) => value(`features/a.yaml:${line}:1: a problem`));
    expect(bounded(joined(problems, '\n'))).toEqual(joined(problems, '\n'));
    expect(textOf(bounded(joined([value('x'.repeat(900)), value('short')], '\n')))).toMatch(
      /^x{400}… \(900 characters\)\nshort$/,
    );
  });

  test('leaves no message longer than the limit, for any parts', () => {
    const words = fc.string({ maxLength: 900 }).map((shown) => shown.replaceAll('\n', ' '));
    const part = fc.oneof(words.map(safe), words.map(value));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts: Message[]) => {
        const message = bounded(parts.flat());
        expect(textOf(message).length).toBeLessThanOrEqual(MESSAGE_CHARACTERS_MAX);
        expect(bounded(message)).toEqual(message);
      }),
    );
  });
});

describe('Failure', () => {
  test('has no message of more than 500 characters', () => {
    expect(new Failure('SOURCE_QUERY', 'y'.repeat(10_000)).message).toBe(`${'y'.repeat(400)}… (10,000 characters)`);
  });
});
