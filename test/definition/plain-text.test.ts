import { describe, expect, test } from 'vitest';
import { plainTextWarnings } from '../../src/definition/connections/plain-text.ts';
import { sourceLimits } from '../support/limits.ts';

function warnings(url: string): string[] {
  const limits = sourceLimits({ statementTimeoutMs: 1, connectTimeoutMs: 1 });
  return plainTextWarnings({
    offline: { url: 'postgres://localhost/features' },
    online: { url: url.startsWith('redis') ? url : 'redis://127.0.0.1', prefix: 'mr' },
    queue: { url: 'redis://[::1]:6379', prefix: 'millrace' },
    sources: {
      lake: { url: 'file:///data', ...limits },
      ...(url.startsWith('redis') ? {} : { shop: { url, ...limits } }),
    },
  });
}

describe('plainTextWarnings', () => {
  test.each([
    [
      'postgres://a:hunter2@db.example/shop',
      /^The source shop at db\.example is used without TLS.*sslmode=verify-full/,
    ],
    ['postgres://a:hunter2@10.0.0.5/shop?sslmode=disable', /at 10\.0\.0\.5 is used without TLS/],
    ['mysql://a:hunter2@db.example/shop', /^The source shop at db\.example.*sslmode=verify-full/],
    ['redis://:hunter2@cache.example:6379', /^The online store at cache\.example.*write rediss:/],
  ])('names the connection of %s, without its password', (url, words) => {
    expect(warnings(url)).toEqual([expect.stringMatching(words)]);
    expect(warnings(url).join()).not.toContain('hunter2');
  });

  test.each([
    'postgres://a@localhost/shop',
    'postgres://a@127.0.0.1:5432/shop',
    'postgres://a@[::1]/shop',
    'postgres:///shop?host=/var/run/postgresql',
    'postgres://a@db.example/shop?sslmode=require',
    'mysql://a@db.example/shop?sslmode=no-verify',
    'rediss://cache.example',
  ])('gives no warning for %s', (url) => {
    expect(warnings(url)).toEqual([]);
  });
});
