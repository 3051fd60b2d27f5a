// The common options, before and after the name of the command.

import { describe, expect, test } from 'vitest';
import { performMillrace, projectFolder, SPEND } from './world.ts';

const FILES = { 'shop/millrace.yaml': 'project: shop\n', 'shop/features/spend.yaml': SPEND };

describe('--project, --json and --debug', () => {
  test.each([
    'validate --project shop --json',
    '--project shop validate --json',
    '--project=shop --json validate',
    '--json --project shop validate',
    '--debug --json validate --project shop',
    '--project nowhere validate --json --project shop',
  ])('are the same in "millrace %s"', async (words) => {
    const folder = await projectFolder(FILES);
    const ended = await performMillrace(folder, words);
    expect(ended).toEqual(await performMillrace(folder, 'validate --project shop --json'));
    expect(JSON.parse(ended.stdout)).toMatchObject({ problems: expect.any(Array) });
  });

  test.each([
    '--project shop runs --json show x',
    '--json --project shop runs show x',
    'runs --project shop --json show x',
    'runs show x --project shop --json',
  ])('reach a subcommand in "millrace %s"', async (words) => {
    const folder = await projectFolder(FILES);
    expect(await performMillrace(folder, words)).toEqual(
      await performMillrace(folder, 'runs show x --project shop --json'),
    );
  });

  test('are refused by commands without them, and without a command', async () => {
    const folder = await projectFolder(FILES);
    const refused = async (words: string) => {
      const { code, stderr } = await performMillrace(folder, words);
      return { code, stderr };
    };
    expect(await refused('--json worker')).toEqual(await refused('worker --json'));
    expect((await refused('--json')).code).toBe(3);
    expect((await refused('--project')).code).toBe(3);
    expect(await performMillrace(folder, '--project shop --help')).toEqual(await performMillrace(folder, '--help'));
    expect(await performMillrace(folder, '--json validat')).toEqual(await performMillrace(folder, 'validat'));
    expect(await performMillrace(folder, '--project shop help')).toEqual(await performMillrace(folder, 'help'));
    expect(await performMillrace(folder, '--json --version')).toEqual(await performMillrace(folder, '--version'));
  });
});
