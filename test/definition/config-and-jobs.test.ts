import { describe, expect, test } from 'vitest';
import { MILLRACE_YAML, problemsOf } from './project-folder.ts';

const literalPassword =
  'contains a password; replace it with $' + '{NAME}, and set NAME (or NAME_FILE) in the environment';

async function sentencesOfUrl(url: string): Promise<string[]> {
  const problems = await problemsOf({ 'millrace.yaml': MILLRACE_YAML.replace('file:./lake', url) });
  return problems.map((problem) => problem.replace('millrace.yaml:7:16: `sources.lake.url`: ', ''));
}

async function sentencesOfJob(text: string): Promise<string[]> {
  const problems = await problemsOf({ 'jobs/x.yaml': `name: x\n${text}\n` });
  return problems.map((problem) => problem.replace(/^jobs\/x\.yaml:\d+:\d+: /, ''));
}

describe('configProblems', () => {
  test.each([
    'postgres://me:hunter2@host/db',
    'postgres://me:hun@ter/2@host/db',
    'postgres://$' + '{A}:x$' + '{B}@host/db',
    'redis://:hunter2@host',
    'postgres://host/db?password=hunter2',
    'postgres://host/db?sslmode=require&passw%6Frd=hunter2',
    's3://bucket?secret_access_key=x',
    'abfss://c@a.dfs.core.windows.net/p?sig=x',
  ])('refuse a password in %s without repeating it', async (url) => {
    expect(await sentencesOfUrl(url)).toEqual([literalPassword]);
  });

  test.each([
    'bearer: 83716620',
    'headers: { X-Api-Key: 83716620 }',
    'headers: { X-Caller: 83716620 }',
    'bearer: @83716620',
    'headers:\n      X-Api-Key: %83716620',
  ])('do not show a secret that is not valid: %s', async (text) => {
    const config = `${MILLRACE_YAML}  api:\n    url: "https://api.example.org"\n    ${text}\n`;
    const problems = await problemsOf({ 'millrace.yaml': config });
    expect(problems).toHaveLength(1);
    expect(problems.join('\n')).not.toContain('83716620');
  });

  test('find a password in a part of the file with other problems', async () => {
    expect(
      await problemsOf({ 'millrace.yaml': `${MILLRACE_YAML}  x: { url: "mysql://a:hunter2@h/d", tmeout: 3s }\n` }),
    ).toEqual([
      `millrace.yaml:8:13: \`sources.x.url\`: ${literalPassword}`,
      'millrace.yaml:8:38: unknown key `tmeout` in `sources.x`; expected one of url, dialect, fallback, read_with, bearer, headers, statement_timeout, connect_timeout, idle_timeout, pool_max, memory_limit_mb, file_limit_mb, file_rows_max, decompression_ratio_max',
    ]);
  });

  test.each([
    'postgres://$' + '{USER}:$' + '{PASSWORD}@host:5432/db?sslmode=require',
    'postgres://me@host/db?password=$' + '{PASSWORD}',
    'abfss://container@account.dfs.core.windows.net/prefix',
    's3://bucket/a:b@c',
    'file:///lake',
    '$' + '{LAKE_URL}/prefix',
  ])('accept %s', async (url) => {
    expect(await sentencesOfUrl(url)).toEqual([]);
  });

  test.each([
    ['./lake', 'expected a URL with a scheme, such as postgres://host/database, or $' + '{NAME}'],
    ['$LAKE_URL', 'expected a variable in braces, such as $' + '{NAME}'],
    ['$' + '{LAKE-URL}', 'invalid variable; expected $' + '{NAME} with letters, digits and _ in the braces'],
    ['file:./my lake', 'contains a space; expected a URL without spaces'],
  ])('refuse %s', async (url, sentence) => {
    expect(await sentencesOfUrl(url)).toEqual([sentence]);
  });

  test.each([
    ['postgres://host/db?ssl_mode=require', 'its URL has the unknown parameter "ssl_mode"'],
    ['postgres://host/shop&sslmode=verify-full', 'its URL has ; or & before its parameters; begin them with ?'],
    ['mysql://host/shop;sslmode=require', 'its URL has ; or & before its parameters'],
    ['clickhouse://host/shop&tls=true', 'its URL has ; or & before its parameters'],
    ['postgres:host/shop', 'its URL cannot be parsed; expected postgres://user@host/database'],
    ['mysql:///shop?sslmode=prefer', 'its URL has sslmode=prefer; expected one of'],
    [
      'redis://cache.example?ssl=true',
      'its URL has the unknown parameter "ssl"; expected only family; for TLS, use rediss:',
    ],
  ])('refuse the invalid URL %s without connecting', async (url, problem) => {
    expect(await sentencesOfUrl(url)).toEqual([expect.stringContaining(problem)]);
  });

  test.each(['statement_timeout', 'connect_timeout', 'idle_timeout'])(
    'refuse a %s that servers cannot count',
    async (key) => {
      const problems = (value: string) =>
        problemsOf({ 'millrace.yaml': `${MILLRACE_YAML}  x: { url: "mysql://h/d", ${key}: ${value} }\n` });
      expect(await problems('24d')).toEqual([]);
      expect(await problems('30d')).toEqual([
        expect.stringMatching(
          new RegExp(
            `^millrace\\.yaml:8:\\d+: \`sources\\.x\\.${key}\`: .*a duration such as 30s, 5m or 1h, at most 24d`,
          ),
        ),
      ]);
    },
  );

  test('name unknown keys and stores that are missing', async () => {
    expect(
      await problemsOf({
        'millrace.yaml':
          'project: shop\nofline: {}\nonline: { url: "redis://h", prefix: "a:b" }\nqueue: { url: [x] }\nsources: { shop: { url: "x:y" }, 9: { url: "x:y" } }\n',
      }),
    ).toEqual([
      'millrace.yaml:2:1: unknown key `ofline`; did you mean `offline`?',
      "millrace.yaml:3:37: `online.prefix`: expected a prefix of at most 48 letters, digits or _ . - { }, found 'a:b'",
      'millrace.yaml:4:15: `queue.url`: expected a URL, or $' + '{NAME} for one from the environment, found a list',
      "millrace.yaml:5:34: `sources.9`: expected a name: a lower-case letter, then at most 47 lower-case letters, digits or _, found '9'",
    ]);
  });
});

describe('jobFindings', () => {
  test.each([
    [
      'cron: 0 3 * * *\nviews: [customer_spend_30d, tag:baskets]',
      ["`views[1]`: no view has the tag 'baskets'; did you mean `tag:basket`?"],
    ],
    [
      'cron: 0 3 * * *\nviews: [customer_spend_30d, customer_spend_30d]',
      ["`views[1]`: duplicate 'customer_spend_30d'"],
    ],
    ['cron: 0 3 * * *\nviews: customer_spend_30d', ["`views`: expected a list, found 'customer_spend_30d'"]],
    ['cron: 0 3 * * *\nviews: []', ['`views`: expected a list of 1 to 1000 elements, found an empty list']],
    [
      'cron: 0 3 * * *\nviews: ["tag:basket"]\nretries: { attempts: 0 }',
      ['`retries.attempts`: expected a whole number from 1 to 100, found the number 0'],
    ],
    [
      'cron: 0 3 * * *\nviews: ["tag:basket"]\nretries: { max: 10s }',
      ["`retries.max`: expected at least `backoff` (30s), found '10s'"],
    ],
    ['cron: 0 3 * * *\nviews: ["tag:basket"]\ntimeout: 0m', ['`timeout`: expected more than zero']],
    [
      'schedule: 0 3 * * *\nviews: ["tag:basket"]',
      [
        '`cron` is missing; expected five cron fields: minute hour day-of-month month day-of-week',
        'unknown key `schedule`; expected one of name, description, cron, timezone, views, retries, timeout, priority, paused',
      ],
    ],
    [
      'cron: 0 25 * * *\ntimezone: Europe/Lndon\nviews: ["tag:basket"]',
      [
        "`cron`: hour '25': expected *, or numbers from 0 to 23 such as 1, 1-5, 1,3 or */5",
        "`timezone`: 'Europe/Lndon' is not a time zone; expected UTC or a name such as Europe/London; did you mean `Europe/London`?",
      ],
    ],
  ])('in %j report %j', async (text, sentences) => {
    expect(await sentencesOfJob(text)).toEqual(sentences);
  });
});
