import { describe, expect, test } from 'vitest';
import { command, cut, joined, redacted, safe, text, textOf, value, withoutPeriod } from '../../src/core/message.ts';

describe('text', () => {
  test('keeps literal text apart from interpolated parts, which are values unless marked', () => {
    const message = text`Of ${safe(213)} rows ${'ada'} and ${4} are refused (${value('x')}): run "${command('millrace retry 582')}".`;
    expect(message).toEqual([
      { text: 'Of 213 rows ' },
      { value: 'ada' },
      { text: ' and ' },
      { value: '4' },
      { text: ' are refused (' },
      { value: 'x' },
      { text: '): run "' },
      { command: 'millrace retry 582' },
      { text: '".' },
    ]);
    expect(textOf(message)).toBe('Of 213 rows ada and 4 are refused (x): run "millrace retry 582".');
  });

  test('keeps the parts of interpolated messages', () => {
    expect(text`View ${safe('a')}: ${text`it is ${value('b')}`}.`).toEqual([
      { text: 'View a: it is ' },
      { value: 'b' },
      { text: '.' },
    ]);
    expect(joined([safe('a'), value('b'), safe('c')], ', ')).toEqual([
      { text: 'a, ' },
      { value: 'b' },
      { text: ', c' },
    ]);
  });
});

describe('redacted', () => {
  test('drops values and keeps everything else', () => {
    expect(textOf(redacted(text`Run ${safe(7)} met "${'ada@example.org'}": ${command('millrace retry 7')}.`))).toBe(
      'Run 7 met "[redacted]": millrace retry 7.',
    );
  });
});

describe('cut', () => {
  test('leaves a short message as it is', () => {
    const message = text`a${value('b')}`;
    expect(cut(message, 2)).toEqual(message);
  });

  test('ends inside a value or text, never inside a command', () => {
    expect(cut(text`ab${'cdef'}`, 4)).toEqual([{ text: 'ab' }, { value: 'cd' }, { text: '…' }]);
    expect(cut(text`ab ${command('millrace retry 582')}`, 8)).toEqual([{ text: 'ab …' }]);
  });
});

describe('withoutPeriod', () => {
  test('removes the final period', () => {
    expect(textOf(withoutPeriod(text`It is ${'gone'}.`))).toBe('It is gone');
    expect(withoutPeriod([])).toEqual([]);
  });
});
