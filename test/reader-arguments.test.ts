import { describe, expect, test } from 'vitest';
import { epochMicrosOf } from '../src/core/instant.ts';
import type { AsOf } from '../src/offline/feature-row.ts';
import {
  requireKeys,
  requireNames,
  requireOptions,
  requirePairs,
  requireStream,
  signalOf,
} from '../src/reader-arguments.ts';

const pair = (at: unknown, entityId: unknown = 'ada') => ({ entityId, at }) as AsOf; // as a program in JavaScript calls it

describe('requirePairs', () => {
  test.each([
    [pair(new Date(Number.NaN)), 'pairs[1].at is an invalid Date; expected a Date, or whole microseconds'],
    [pair('2026-01-02'), 'pairs[1].at is a string; expected a Date, or whole microseconds since 1970'],
    [pair(1.5), 'pairs[1].at is 1.5; expected a Date, or whole microseconds since 1970'],
    [pair(undefined), 'pairs[1].at is undefined; expected a Date, or whole microseconds since 1970'],
    [pair(0, 17850), 'pairs[1].entityId is 17850; expected a string.'],
  ])('refuses %j', (wrong, message) => {
    expect(() => requirePairs([pair(epochMicrosOf(0)), wrong])).toThrow(message);
  });

  test.each([
    [pair(0), 'pairs is an object; expected an array of objects with entityId and at.'],
    [['ada'], 'pairs[0] is a string; expected an object with entityId and at.'],
    [[null], 'pairs[0] is null; expected an object with entityId and at.'],
  ])('refuses pairs that are %j', (wrong, message) => {
    expect(() => requirePairs(wrong as unknown as AsOf[])).toThrow(message); // as a program in JavaScript calls it
  });

  test('refuses a bigint', () => {
    expect(() => requirePairs([pair(1n)])).toThrow(
      'pairs[0].at is the bigint 1; expected a Date, or whole microseconds',
    );
  });

  test('accepts texts with microseconds or Dates', () => {
    const micros = pair(epochMicrosOf(1_767_225_600_000_000));
    expect(requirePairs([micros, pair(new Date('2026-01-01T00:00:00Z'))])).toEqual(
      Array(2).fill({ key: 'ada', at: micros.at }),
    );
  });
});

describe('requireKeys', () => {
  test('refuses ids that are not texts', () => {
    const ids = ['ada', 17850] as unknown as string[]; // as a program in JavaScript calls it
    expect(() => requireKeys(ids)).toThrow('entityIds[1] is 17850; expected a string.');
  });
});

describe('requireOptions', () => {
  test.each([
    [{ age_max: '7d' }, 'views[0] has the unknown option "age_max"; expected view or ageMax.'],
    [null, 'views[0] is null; expected an object with view or ageMax.'],
    [['orders'], 'views[0] is an array; expected an object with view or ageMax.'],
  ])('refuses %j', (options, message) => {
    expect(() => requireOptions('views[0]', options, ['view', 'ageMax'])).toThrow(message);
  });

  test('accepts some of the options', () => {
    expect(() => requireOptions('views[0]', { ageMax: '7d' }, ['view', 'ageMax'])).not.toThrow();
  });
});

describe('signalOf', () => {
  test('returns the signal of the options', () => {
    const { signal } = new AbortController();
    expect([signalOf(undefined), signalOf({}), signalOf({ signal })]).toEqual([undefined, undefined, signal]);
  });

  test('refuses a signal in place of the options, and options with another signal', () => {
    expect(() => signalOf(new AbortController().signal)).toThrow(
      'options is an AbortSignal; expected an object with signal.',
    );
    expect(() => signalOf({ signal: new AbortController() })).toThrow(
      'options.signal is an object; expected an AbortSignal.',
    );
  });
});

describe('requireNames', () => {
  test('refuses what is not an array of strings', () => {
    expect(() => requireNames('views', 'orders')).toThrow('views is a string; expected an array of names.');
    expect(() => requireNames('views', ['orders', 7])).toThrow('views[1] is 7; expected a string.');
  });
});

describe('requireStream', () => {
  test('refuses what cannot be iterated over', () => {
    expect(() => requireStream('labels', undefined)).toThrow(
      'labels is undefined; expected an iterable or async iterable',
    );
    expect(() => requireStream('labels', { entityId: 'ada' })).toThrow('labels is an object; expected an iterable');
  });
});
