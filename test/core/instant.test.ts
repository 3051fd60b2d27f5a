import { describe, expect, test } from 'vitest';
import { formatDuration, humanDuration, parseDuration } from '../../src/core/duration.ts';
import { formatInstant, parseInstant } from '../../src/core/instant.ts';
import { passwordCutOff, withoutSecrets } from '../../src/core/url.ts';

describe('parseInstant', () => {
  test.each([
    ['2026-11-20', '2026-11-20T00:00:00Z'],
    ['2026-11-20T18:04', '2026-11-20T18:04:00Z'],
    ['2026-11-20 18:04:11.5Z', '2026-11-20T18:04:11.500Z'],
    ['2026-11-20T18:04:11+01:00', '2026-11-20T17:04:11Z'],
    ['2026-11-20T18:04:11-0330', '2026-11-20T21:34:11Z'],
    ['0001-01-01', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999', '9999-12-31T23:59:59.999Z'],
  ])('reads %s', (text, expected) => {
    const instant = parseInstant(text);
    expect(instant === null ? null : formatInstant(instant)).toBe(expected);
  });

  test.each([
    '',
    'yesterday',
    '2026-02-31',
    '2026-13-01',
    '2026-01-01T25:00',
    '20261120',
    '0000-01-01',
    '0001-01-01T00:00+05:00',
    '9999-12-31T23:00-05:00',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeNull();
  });
});

describe('parseDuration', () => {
  test('parses one number and one unit', () => {
    expect(['30s', '5m', '1h', '1d'].map(parseDuration)).toEqual([30_000, 300_000, 3_600_000, 86_400_000]);
    expect(['', '5', 'm', '-5m', '1.5h', '1w', '5 m'].map(parseDuration)).toEqual(Array(7).fill(null));
  });

  test('is the inverse of formatDuration', () => {
    expect([0, 250, 90_000, 86_400_000].map(formatDuration)).toEqual(['0s', '250ms', '90s', '1d']);
  });
});

describe('humanDuration', () => {
  test('keeps the two largest units', () => {
    expect([12, 1_240, 42_000, 130_000, 7_200_000, 280_800_000].map(humanDuration)).toEqual([
      '12ms',
      '1.2s',
      '42s',
      '2m 10s',
      '2h',
      '3d 6h',
    ]);
  });
});

describe('withoutSecrets', () => {
  test('removes user, password and parameters', () => {
    expect(withoutSecrets('postgres://u:p%40ss@db:5432/shop?password=x')).toBe('postgres://db:5432/shop');
    expect(withoutSecrets('postgres://u:p@ss@:x')).toBe('postgres://…');
    expect(withoutSecrets('postgres://u:12/p@ss@db/shop')).toBe('postgres://…');
  });

  // What looks like a host and a port is part of the password.
  test.each([
    'u:12#34@db/shop',
    'u:12?34@db/shop',
    'u:12/34@db/shop',
    'u:p@12#34@db/shop',
    'u:p@12?34@db',
    ':12#34@db',
  ])('shows no part of the password in %s', (rest) => {
    for (const scheme of ['postgres', 'redis', 'mysql', 'https']) {
      expect(withoutSecrets(`${scheme}://${rest}`)).toBe(`${scheme}://…`);
    }
  });
});

describe('passwordCutOff', () => {
  test.each(['postgres', 'postgresql', 'redis', 'rediss', 'mysql', 'mariadb'])('finds it in %s URLs', (scheme) => {
    for (const password of ['12#34', 'ab#cd', 'p@12#34', '12/34', '12?34', '12%3F3#4']) {
      const sentence = passwordCutOff(`${scheme}://u:${password}@db/shop`);
      expect(sentence).toMatch(/write # as %23/);
      expect(sentence).not.toMatch(/12|34|ab|cd/);
    }
    for (const fine of ['u:p%23@db/shop', 'u:p@ss@db/shop?a=b@c', 'db:1/0', ':p@db', 'u@db/shop?user=a%40b']) {
      expect(passwordCutOff(`${scheme}://${fine}`)).toBeNull();
    }
  });

  test('accepts the URLs of file stores', () => {
    expect(['file:///a#b/c@d', 's3://bucket/a@b', 'abfss://c@a/b@c#d'].map(passwordCutOff)).toEqual([null, null, null]);
  });
});
