import { describe, expect, test } from 'vitest';
import type { AlertTarget } from '../../src/definition/connections/alert-targets.ts';
import { plainTextTargets, plainTextWarnings } from '../../src/definition/connections/plain-text.ts';
import { parseMailServer } from '../../src/definition/connections/smtp-url.ts';
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
    ['redis://:hunter2@cache.example:6379', /^The online store at cache\.example.*use rediss:/],
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

describe('plainTextTargets', () => {
  const web = (url: string): AlertTarget => ({ name: 'ops', format: 'json', url: new URL(url), secret: null });
  const mail = (url: string): AlertTarget => {
    const server = parseMailServer(url);
    if (typeof server === 'string') throw new Error(server);
    return { name: 'team', format: 'email', from: 'm@example.org', to: ['a@example.org'], server };
  };

  test('names targets on other machines without TLS, without their addresses, which are secrets', () => {
    const warnings = plainTextTargets([
      web('http://hooks.example/T0P/S3CRET'),
      mail('smtp://mail.example?starttls=off'),
      web('https://hooks.example/T0P'),
      web('http://localhost:9/x'),
      mail('smtp://mail.example'),
      mail('smtps://ada:s3cret@mail.example'),
    ]);
    expect(warnings).toEqual([
      'The alert target ops at hooks.example is used without TLS, so anyone on the network can read messages: use https: in its URL.',
      'The alert target team at mail.example is used without TLS, so anyone on the network can read messages: remove starttls=off from its URL.',
    ]);
  });
});
