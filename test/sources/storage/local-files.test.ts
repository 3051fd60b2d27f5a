import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { localFiles } from '../../../src/sources/storage/local-files.ts';
import { calm, lakeFolder } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';

async function names(folder: string, ...globs: string[]) {
  return (await localFiles(folder).list(globs, calm)).map(({ name }) => name);
}

describe('localFiles', () => {
  test('lists matches by name, without duplicates', async () => {
    const folder = await lakeFolder({ 'b.csv': '', 'a.csv': '', 'a.json': '', 'deep/er/c.csv': '', 'deep/d.csv': '' });
    expect(await names(folder, '*.csv')).toEqual(['a.csv', 'b.csv']);
    expect(await names(folder, '**/*.csv')).toEqual(['a.csv', 'b.csv', 'deep/d.csv', 'deep/er/c.csv']);
    expect(await names(folder, 'a.csv', '?.csv', 'a.*')).toEqual(['a.csv', 'a.json', 'b.csv']);
    expect(await names(folder, 'deep/*/c.csv', 'nowhere/*.csv', 'a.csv/b')).toEqual(['deep/er/c.csv']);
  });

  test('treats every character of a name except * and ? literally', async () => {
    const folder = await lakeFolder({ 'a[1].csv': '', 'a1.csv': '', 'x{y}.csv': '', '%2e%2e': '' });
    expect(await names(folder, 'a[[]1].csv', 'x{y}*', '%2e%2e')).toEqual(['%2e%2e', 'a[1].csv', 'x{y}.csv']);
  });

  test('leaves out hidden files: names that start with . or _', async () => {
    const folder = await lakeFolder({ _SUCCESS: '', '.a.crc': '', '_temporary/part.csv': '', 'part.csv': '' });
    expect(await names(folder, '*')).toEqual(['part.csv']);
    expect(await names(folder, '**/*.csv')).toEqual(['part.csv']);
    expect(await names(folder, '_SUCCESS')).toEqual(['_SUCCESS']);
  });

  test('follows links inside its folder, and no others', async () => {
    const folder = await lakeFolder({ 'lake/a.csv': 'x', 'secret.csv': 'y' });
    const lake = join(folder, 'lake');
    await symlink('a.csv', join(lake, 'inside.csv'));
    expect(await names(lake, '*')).toEqual(['a.csv', 'inside.csv']);
    await symlink('../secret.csv', join(lake, 'outside.csv'));
    expect((await failureOf(names(lake, '*.csv'))).message).toMatch(/^outside\.csv in .* points outside the folder/);
    await rm(join(lake, 'outside.csv'));
    await symlink('..', join(lake, 'up'));
    expect((await failureOf(names(lake, 'up/secret.csv'))).code).toBe('SOURCE_DENIED');
  });

  test('opens only regular files', async () => {
    const folder = await lakeFolder({ 'a.csv': '' });
    execFileSync('mkfifo', [join(folder, 'pipe.csv')]);
    expect((await failureOf(names(folder, '*.csv'))).message).toContain('pipe.csv');
  });

  test('fails with SOURCE_UNAVAILABLE for a missing folder, and finds nothing in an empty one', async () => {
    const folder = await lakeFolder({ 'a.csv': '' });
    for (const [path, problem] of [
      [join(folder, 'lakes'), 'does not exist'],
      [join(folder, 'a.csv'), 'is not a folder'],
      [join(folder, 'a.csv', 'b'), 'does not exist'],
    ] as const) {
      const failure = await failureOf(names(path, '*'));
      expect([failure.code, failure.message]).toEqual([
        'SOURCE_UNAVAILABLE',
        `The folder ${path} ${problem}. Check the URL of the source in millrace.yaml, and that the folder is mounted on this machine.`,
      ]);
    }
    await mkdir(join(folder, 'lake'));
    expect(await names(join(folder, 'lake'), '*', 'deep/*')).toEqual([]);
  });

  test('notices a file that was replaced, written to, or removed', async () => {
    const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
      replaced: async (path) => {
        await writeFile(`${path}.new`, 'xx');
        await rename(`${path}.new`, path);
      },
      written: (path) => writeFile(path, 'yy'),
      removed: (path) => rm(path),
      'made a folder': async (path) => {
        await rm(path);
        await mkdir(path);
      },
    };
    for (const change of Object.values(changes)) {
      const folder = await lakeFolder({ 'a.csv': 'xx', 'b.csv': 'xx' });
      const location = localFiles(folder);
      await using readable = await location.open(await location.list(['*.csv'], calm), calm);
      await readable.requireUnchanged();
      await change(join(folder, 'b.csv'));
      const failure = await failureOf(readable.requireUnchanged());
      expect([failure.code, failure.facts['file']]).toEqual(['FILE_CHANGED', 'b.csv']);
    }
  });
});
