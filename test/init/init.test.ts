import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { checkDefinitions } from '../../src/definition/load.ts';
import { initProject } from '../../src/init/init.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-init-'));
  folders.push(folder);
  return folder;
}

describe('initProject', () => {
  test('writes a project in which nothing is wrong', async () => {
    const folder = emptyFolder();

    const written = await initProject(folder);

    const { problems, definitions } = await checkDefinitions(folder, epochMsOf(Date.UTC(2026, 8, 1)));
    expect(problems).toEqual([]);
    expect(definitions?.views.map((view) => view.name)).toEqual(['customer_spend']);
    expect(written).toEqual([
      ...['millrace.yaml', 'features/customer_spend.yaml', 'jobs/nightly.yaml', '.env.example'],
      ...[1, 2, 3, 4, 5, 6, 7].map((day) => `lake/purchases/2026-01-0${day}.csv`),
      '.gitignore',
    ]);
  });

  test('makes the folder, and names the project after it', async () => {
    const folder = join(emptyFolder(), '2026 My-Features');

    await initProject(folder);

    const { definitions } = await checkDefinitions(folder, epochMsOf(Date.UTC(2026, 8, 1)));
    expect(definitions?.project).toBe('my_features');
  });

  test('writes nothing where one of its files exists', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'millrace.yaml'), 'mine');

    const refused = initProject(folder);

    await expect(refused).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('millrace.yaml exists already'),
    });
    expect(readFileSync(join(folder, 'millrace.yaml'), 'utf8')).toBe('mine');
  });

  test('adds to a .gitignore that is there', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.gitignore'), 'node_modules/\ncoverage');

    await initProject(folder);

    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('node_modules/\ncoverage\n.env\n.millrace/\n');
  });

  test('points editors at the schemas of the package', async () => {
    const outside = emptyFolder();
    await initProject(outside);
    const inside = mkdtempSync(fileURLToPath(new URL('../../node_modules/.millrace-init-', import.meta.url)));
    folders.push(inside);
    await initProject(inside);

    const firstLine = (folder: string) =>
      readFileSync(join(folder, 'features/customer_spend.yaml'), 'utf8').split('\n')[0];

    const line = '# yaml-language-server: $schema=';
    expect(firstLine(outside)).toBe(`${line}../node_modules/millrace/schemas/view.schema.json`);
    expect(firstLine(inside)).toBe(`${line}../../../schemas/view.schema.json`);
  });
});
