import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
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
  test('creates a valid project', async () => {
    const folder = emptyFolder();

    const written = await initProject(folder);

    const { problems, definitions } = await checkDefinitions(folder, epochMsOf(Date.UTC(2026, 8, 1)));
    expect(problems).toEqual([]);
    expect(definitions?.views.map((view) => view.name)).toEqual(['customer_spend']);
    expect(written).toEqual([
      ...[
        'millrace.yaml',
        'features/customer_spend.yaml',
        'tests/customer_spend.yaml',
        'jobs/nightly.yaml',
        '.env.example',
      ],
      ...[1, 2, 3, 4, 5, 6, 7].map((day) => `lake/purchases/2026-01-0${day}.csv`),
      '.gitignore',
    ]);
  });

  test('creates the folder, and names the project after it', async () => {
    const folder = join(emptyFolder(), '2026 My-Features');

    await initProject(folder);

    const { definitions } = await checkDefinitions(folder, epochMsOf(Date.UTC(2026, 8, 1)));
    expect(definitions?.project).toBe('my_features');
  });

  test('writes nothing if one of its files exists', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'millrace.yaml'), 'mine');

    const refused = initProject(folder);

    await expect(refused).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('millrace.yaml already exists'),
    });
    expect(readFileSync(join(folder, 'millrace.yaml'), 'utf8')).toBe('mine');
  });

  test('adds to an existing .gitignore', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.gitignore'), 'node_modules/\ncoverage');

    await initProject(folder);

    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('node_modules/\ncoverage\n.env\n.millrace/\n');
  });

  test.each(['outside a checkout', 'next to an installed package', 'inside the checkout'])(
    'points editors at existing schemas, %s',
    async (where) => {
      const checkout = fileURLToPath(new URL('../../', import.meta.url));
      const parent = where === 'inside the checkout' ? join(checkout, 'node_modules') : emptyFolder();
      if (where === 'next to an installed package') {
        cpSync(join(checkout, 'schemas'), join(parent, 'node_modules/millrace/schemas'), { recursive: true });
      }
      const folder = mkdtempSync(join(parent, '.millrace-init-'));
      folders.push(folder);
      await initProject(folder);
      const files = ['millrace.yaml', 'features/customer_spend.yaml', 'tests/customer_spend.yaml', 'jobs/nightly.yaml'];
      const schemas = files.map((file) => {
        const [line = ''] = readFileSync(join(folder, file), 'utf8').split('\n');
        const schema = line.replace('# yaml-language-server: $schema=', '');
        return schema.startsWith('file:') ? fileURLToPath(schema) : join(folder, dirname(file), schema);
      });
      expect(schemas.map((schema) => basename(schema))).toEqual([
        'millrace.schema.json',
        'view.schema.json',
        'test.schema.json',
        'job.schema.json',
      ]);
      expect(schemas.filter((schema) => !existsSync(schema))).toEqual([]);
      const isShared = where === 'outside a checkout';
      expect(readFileSync(join(folder, 'millrace.yaml'), 'utf8').includes('$schema=file:')).toBe(isShared);
    },
  );
});
