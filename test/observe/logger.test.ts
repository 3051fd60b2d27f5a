import { describe, expect, test } from 'vitest';
import { scrubbed } from '../../src/observe/logger.ts';

describe('scrubbed', () => {
  test.each([
    ['cannot reach postgres://ada:hunter2@db/shop.', 'cannot reach postgres://db/shop.'],
    ['REDISS://:hunter2@cache/0?password=hunter2&x=1', 'REDISS://cache/0?password=…&x=1'],
    [`${'a.'.repeat(100)}s3://ada:hunter2@bucket`, `${'a.'.repeat(100)}s3://bucket`],
    ['https://db.example/a@b', 'https://db.example/a@b'],
  ])('removes credentials from %j', (text, plain) => {
    expect(scrubbed(text)).toBe(plain);
  });

  test.each(['a.', 'a', '://', 'a:/', '?token='])('reads a text of a million %j in one go', (repeated) => {
    const text = repeated.repeat(1_000_000);
    expect(scrubbed(text).length).toBeGreaterThan(0);
  });
});
