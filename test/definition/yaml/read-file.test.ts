import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEnvironment, variable } from '../../../src/definition/connections/environment.ts';
import { checkDefinitions } from '../../../src/definition/load.ts';
import { formatProblem } from '../../../src/definition/yaml/problem.ts';
import { NOW, projectFolder, SHOP } from '../project-folder.ts';

const SECRET = 'hunter2: do not print';
let outside: string;

beforeAll(() => {
  outside = mkdtempSync(path.join(tmpdir(), 'millrace-outside-'));
  writeFileSync(path.join(outside, 'secret.yaml'), SECRET);
});
afterAll(() => rmSync(outside, { recursive: true, force: true }));

/** The problems that `validate` finds in the shop after `change` has modified its folder. */
async function problemsAfter(change: (folder: string) => void): Promise<string[]> {
  using project = projectFolder(SHOP);
  change(project.folder);
  return (await checkDefinitions(project.folder, NOW)).problems.map(formatProblem);
}

const replace = (folder: string, file: string, put: (file: string) => void) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  rmSync(path.join(folder, file), { force: true });
  put(path.join(folder, file));
};

describe('checkDefinitions', () => {
  const FILES = [
    'millrace.yaml',
    'features/spend.yaml',
    'jobs/nightly.yaml',
    'services/checkout.yaml',
    'datasets/churn.yaml',
    'tests/shop/spend.yaml',
  ];

  test.each(FILES)(
    'refuses %s as a link to a file outside of the project, without showing its contents',
    async (file) => {
      const found = await problemsAfter((folder) =>
        replace(folder, file, (at) => symlinkSync(path.join(outside, 'secret.yaml'), at)),
      );
      expect(found).toContain(
        `${file}: the file cannot be read: it is a link to a file outside the project; copy that file into the project`,
      );
      expect(found.join('\n')).not.toContain('hunter2');
    },
  );

  test.each(FILES)('refuses %s as a pipe without a writer, immediately', async (file) => {
    const found = await problemsAfter((folder) => replace(folder, file, (at) => execFileSync('mkfifo', [at])));
    expect(found).toContain(`${file}: the file cannot be read: it is a pipe; expected a regular file`);
  });

  test.each(FILES)('refuses %s as a link to a device or to /proc', async (file) => {
    // Not each container has all of them.
    for (const target of ['/dev/zero', '/dev/stdin', '/proc/self/environ', '/proc/kmsg'].filter(existsSync)) {
      const found = await problemsAfter((folder) => replace(folder, file, (at) => symlinkSync(target, at)));
      expect(found.find((line) => line.startsWith(`${file}: the file cannot be read: `))).toBeDefined();
    }
  });

  test('refuses a folder, a broken link and a link to itself as a view', async () => {
    const found = await problemsAfter((folder) => {
      mkdirSync(path.join(folder, 'elsewhere'));
      symlinkSync('../elsewhere', path.join(folder, 'features/folder.yaml'));
      symlinkSync('nothing', path.join(folder, 'features/nothing.yaml'));
      symlinkSync('self.yaml', path.join(folder, 'features/self.yaml'));
    });
    expect(found).toEqual([
      'features/folder.yaml: the file cannot be read: it is a folder; expected a regular file',
      expect.stringMatching(/^features\/nothing\.yaml: the file cannot be read: ENOENT: no such file or directory/),
      expect.stringMatching(/^features\/self\.yaml: the file cannot be read: ELOOP: too many symbolic links/),
    ]);
  });

  test('refuses a socket as a view', async () => {
    using project = projectFolder(SHOP);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path.join(project.folder, 'features/s.yaml'), resolve));
    const { problems } = await checkDefinitions(project.folder, NOW);
    server.close();
    expect(problems.map(formatProblem)).toEqual([
      'features/s.yaml: the file cannot be read: it is a socket; expected a regular file',
    ]);
  });

  test('refuses a file of gigabytes without reading it', async () => {
    const found = await problemsAfter((folder) =>
      execFileSync('truncate', ['-s', '8G', path.join(folder, 'features/spend.yaml')]),
    );
    expect(found[0]).toBe('features/spend.yaml: the file cannot be read: it has more than the maximum of 262144 bytes');
  });

  test('refuses a folder of views that is a link to another place', async () => {
    const found = await problemsAfter((folder) => {
      rmSync(path.join(folder, 'features'), { recursive: true });
      symlinkSync(outside, path.join(folder, 'features'));
    });
    expect(found[0]).toMatch(/^features\/secret\.yaml: the file cannot be read: it is a link to a file outside/);
  });

  test('reads links inside the project, as in a mounted ConfigMap', async () => {
    const found = await problemsAfter((folder) => {
      const data = path.join(folder, 'features/..2026_11_20');
      mkdirSync(data);
      writeFileSync(path.join(data, 'spend.yaml'), SHOP['features/spend.yaml'] ?? '');
      symlinkSync('..2026_11_20', path.join(folder, 'features/..data'));
      replace(folder, 'features/spend.yaml', (at) => symlinkSync('..data/spend.yaml', at));
    });
    expect(found).toEqual([]);
  });

  test('reads a project whose own folder is a link', async () => {
    using project = projectFolder(SHOP);
    const link = path.join(outside, 'project');
    symlinkSync(project.folder, link);
    expect((await checkDefinitions(link, NOW)).problems).toEqual([]);
  });
});

describe('variable', () => {
  test('reads a secret from a pipe, such as a process substitution of the shell', async () => {
    const pipe = path.join(outside, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', `echo hunter2 > ${pipe}`], { stdio: 'ignore' });
    expect(await variable({ DB_FILE: pipe }, 'DB')).toBe('hunter2');
    writer.kill();
  });

  test.each([
    ['/dev/zero', 'it is a device; expected a regular file'],
    ['/', 'it is a folder; expected a regular file'],
  ])('refuses %s', async (file, why) => {
    await expect(variable({ DB_FILE: file }, 'DB')).rejects.toMatchObject({
      code: 'ENVIRONMENT_MISSING',
      message: `The file in DB_FILE cannot be read: ${why}`,
    });
  });

  test('refuses a secret of megabytes', async () => {
    const file = path.join(outside, 'large');
    writeFileSync(file, 'x'.repeat(70_000));
    await expect(variable({ DB_FILE: file }, 'DB')).rejects.toThrow('it has more than the maximum of 65536 bytes');
  });
});

describe('readEnvironment', () => {
  test('refuses an .env that is a device', async () => {
    using project = projectFolder(SHOP);
    symlinkSync('/dev/zero', path.join(project.folder, '.env'));
    await expect(readEnvironment(project.folder, {})).rejects.toMatchObject({ code: 'ENVIRONMENT_MISSING' });
  });
});
