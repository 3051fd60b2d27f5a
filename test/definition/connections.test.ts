import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { requireVariables, resolveUrl } from '../../src/definition/connections/connections.ts';
import { envFileWarning, readEnvironment, variable } from '../../src/definition/connections/environment.ts';
import { loadProject } from '../../src/definition/project.ts';
import { sourceLimits } from '../support/limits.ts';
import { NOW, projectFolder, SHOP } from './project-folder.ts';

const urlText = (text: string) => ({ text, file: 'millrace.yaml', line: 2 });
const A = '$' + '{A}';
const B = '$' + '{B}';

const ENV = {
  MILLRACE_OFFLINE_URL: 'postgres://h/offline',
  MILLRACE_ONLINE_URL: 'redis://h/1',
  MILLRACE_QUEUE_URL: 'redis://h/2',
  SHOP_DATABASE_URL: 'mysql://h/shop',
};

describe('loadProject', () => {
  test('resolves variables in the connections', async () => {
    using project = projectFolder(SHOP);

    const { connections } = await loadProject(project.folder, ENV, NOW);

    const limits = sourceLimits();
    expect(connections).toEqual({
      offline: { url: 'postgres://h/offline' },
      online: { url: 'redis://h/1', prefix: 'mr' },
      queue: { url: 'redis://h/2', prefix: 'millrace' },
      sources: { shop: { url: 'mysql://h/shop', ...limits }, lake: { url: 'file:./lake', ...limits } },
      spool: { folder: null, limitMb: 10_240 },
    });
  });

  test('limits online writes where the file does', async () => {
    const text = (SHOP['millrace.yaml'] ?? '').replace('prefix: mr }', 'prefix: mr, rows_per_second: 5000 }');
    using project = projectFolder({ ...SHOP, 'millrace.yaml': text });

    const { connections } = await loadProject(project.folder, ENV, NOW);

    expect(connections.online).toMatchObject({ prefix: 'mr', rowsPerSecond: 5_000 });
  });

  test('gives object stores their account variables, and the spool its folder', async () => {
    using project = projectFolder({
      ...SHOP,
      'millrace.yaml': `${SHOP['millrace.yaml']}  s3: { url: "s3://bucket/x" }\n  azure: { url: "abfss://c@a.dfs.core.windows.net/x" }\nspool: { folder: ./spool, limit_mb: 5 }\n`,
      secret: 'from a file\n',
      '.env': `AWS_REGION=eu-west-1\nAZURE_STORAGE_KEY=abc\n`,
    });
    const env = { ...ENV, AWS_SECRET_ACCESS_KEY_FILE: path.join(project.folder, 'secret'), OTHER: 'x' };

    const { connections } = await loadProject(project.folder, env, NOW);

    const { s3, azure, lake } = connections.sources;
    expect([s3?.account, azure?.account, lake?.account]).toEqual([
      { AWS_SECRET_ACCESS_KEY: 'from a file', AWS_REGION: 'eu-west-1' },
      { AZURE_STORAGE_KEY: 'abc' },
      undefined,
    ]);
    expect(connections.spool).toEqual({ folder: './spool', limitMb: 5 });
    const named = await loadProject(project.folder, { ...env, MILLRACE_SPOOL_DIR: '/spool' }, NOW);
    expect(named.connections.spool).toEqual({ folder: '/spool', limitMb: 5 });
  });

  test('keeps the other sources if the URL of one is invalid', async () => {
    using project = projectFolder(SHOP);
    for (const [url, message] of [
      ['mysql://h/shop?tls=1', /^source shop \(mysql:\/\/h\/shop\): its URL has the unknown parameter "tls"/],
      ['h/shop', /^The value of SHOP_DATABASE_URL \(millrace\.yaml:\d+\) is not a URL/],
    ] as const) {
      const { connections } = await loadProject(project.folder, { ...ENV, SHOP_DATABASE_URL: url }, NOW);
      expect(Object.keys(connections.sources)).toEqual(['lake']);
      expect([...(connections.invalidSources ?? [])]).toEqual([
        ['shop', expect.objectContaining({ message: expect.stringMatching(message) })],
      ]);
    }
  });

  test('names every variable that is not set, with its line and how to set it', async () => {
    using project = projectFolder({ ...SHOP, '.env': 'MILLRACE_QUEUE_URL=redis://h\nMILLRACE_ONLINE_URL=\n' });
    const { SHOP_DATABASE_URL } = ENV;

    await expect(loadProject(project.folder, { SHOP_DATABASE_URL }, NOW)).rejects.toMatchObject({
      code: 'ENVIRONMENT_MISSING',
      message: [
        'The variable MILLRACE_OFFLINE_URL (millrace.yaml:2) is not set. Export it, add it to the .env file next to millrace.yaml, or set MILLRACE_OFFLINE_URL_FILE to the path of a file that contains it.',
        'The variable MILLRACE_ONLINE_URL (millrace.yaml:3) is not set. Export it, add it to the .env file next to millrace.yaml, or set MILLRACE_ONLINE_URL_FILE to the path of a file that contains it.',
      ].join('\n'),
      facts: { variables: 'MILLRACE_OFFLINE_URL, MILLRACE_ONLINE_URL' },
    });
  });
});

describe('readEnvironment', () => {
  test('adds the variables of .env, and prefers the environment', async () => {
    using project = projectFolder({ '.env': '# note\nA="from file"\nB=from file\nC=from file\nD_FILE=/d\n' });

    expect(await readEnvironment(project.folder, { B: 'set', C_FILE: '/c', D: 'set' })).toEqual({
      A: 'from file',
      B: 'set',
      C_FILE: '/c',
      D: 'set',
    });
  });

  test('is the environment itself without a .env', async () => {
    using project = projectFolder({});

    expect(await readEnvironment(project.folder, { A: 'set' })).toEqual({ A: 'set' });
  });
});

describe('an .env that the account of the process cannot read', () => {
  test('is not needed if the variables are set, and is named if one is missing', async () => {
    using project = projectFolder({ '.env': 'A=from file\n' });
    chmodSync(project.folder, 0o755);
    chmodSync(path.join(project.folder, '.env'), 0);
    const env = await asOtherAccount(() => readEnvironment(project.folder, { B: 'set' }));
    expect(await variable(env, 'B')).toBe('set');
    await expect(requireVariables([urlText(B)], env)).resolves.toBeUndefined();
    const refused = await requireVariables([urlText(A)], env).catch((error) => error);
    expect(refused).toMatchObject({ code: 'ENVIRONMENT_MISSING' });
    expect(refused.message).toMatch(/^The variable A .* is not set\. .*\n\/.*\/\.env cannot be read: EACCES/);
  });
});

/** Root can read every file. */
async function asOtherAccount<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(10_001);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('variable', () => {
  test('is the trimmed content of the file in NAME_FILE if NAME is not set', async () => {
    using project = projectFolder({});
    const file = path.join(project.folder, 'secret');
    writeFileSync(file, 'hunter2\n');

    expect(await variable({ A_FILE: file }, 'A')).toBe('hunter2');
    expect(await variable({ A: 'set', A_FILE: file }, 'A')).toBe('set');
    expect(await variable({ A: '' }, 'A')).toBeNull();
  });

  test('names the file that cannot be read', async () => {
    await expect(variable({ A_FILE: '/absent/secret' }, 'A')).rejects.toMatchObject({
      code: 'ENVIRONMENT_MISSING',
      message: "The file in A_FILE cannot be read: ENOENT: no such file or directory, stat '/absent/secret'",
    });
  });
});

describe('resolveUrl', () => {
  test.each(['postgres', 'redis', 'mysql'])(
    'refuses a %s URL whose password is cut off, and shows none of it',
    async (scheme) => {
      for (const password of ['12#34', 'x#34', '12/34', '12?34', 'p@12#34']) {
        const refused = await resolveUrl(urlText(A), { A: `${scheme}://me:${password}@host/shop` }).catch(
          (error) => error,
        );
        expect(refused).toMatchObject({ code: 'ENVIRONMENT_MISSING' });
        expect(refused.message).toMatch(/^The URL at millrace.yaml:2 cannot be parsed: .*write # as %23/);
        expect(refused.message).not.toMatch(/12|34/);
      }
    },
  );

  test.each([
    [`postgres://${A}:${B}@host/db`, 'postgres://me:p%40ss%2F@host/db'],
    [`${A}/prefix`, 'me/prefix'],
    [`file:./${A}/${A}`, 'file:./me/me'],
    [`s3://${A}/x@y`, 's3://me/x@y'],
  ])('resolves %s to %s', async (text, url) => {
    const resolved = resolveUrl(urlText(text), { A: 'me', B: 'p@ss/' });

    if (url.includes(':')) expect(await resolved).toBe(url);
    else
      await expect(resolved).rejects.toThrow(
        'The value of A (millrace.yaml:2) is not a URL; expected a URL with a scheme, such as postgres://user@host/database.',
      );
  });

  test('does not resolve variables in the values of variables', async () => {
    expect(await resolveUrl(urlText(`file:${A}`), { A: B, B: 'x' })).toBe(`file:${B}`);
  });
});

describe('envFileWarning', () => {
  test.each([
    [
      0o644,
      expect.stringMatching(
        /^Every account on this machine can read .*\.env, which contains passwords\. Run "chmod 600 /,
      ),
    ],
    [0o604, expect.stringContaining('chmod 600')],
    [0o640, null],
    [0o600, null],
  ])('warns by the mode of the file: %o', async (mode, warning) => {
    using project = projectFolder({ ...SHOP, '.env': 'A=1\n' });
    chmodSync(path.join(project.folder, '.env'), mode);
    expect(await envFileWarning(project.folder)).toEqual(warning);
  });

  test('is null without a .env', async () => {
    using project = projectFolder(SHOP);
    expect(await envFileWarning(project.folder)).toBeNull();
  });
});
