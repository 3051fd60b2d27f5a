import { describe, expect, test } from 'vitest';
import { performMillrace, projectFolder, startMillrace } from './world.ts';

const COMMANDS =
  'init validate plan apply run restate rebuild verify status runs quarantine get migrate scheduler worker dev'.split(
    ' ',
  );

describe('help', () => {
  test.each(['', '--help', ...COMMANDS.map((name) => `${name} --help`), 'runs show --help'])(
    'of "millrace %s" fits a screen and has an example',
    async (words) => {
      const { code, stdout, stderr } = await performMillrace(await projectFolder({}), words);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(stdout).toMatch(/\n {2}\$ millrace \w/);
    },
  );

  test('lists every command', async () => {
    const { stdout } = await performMillrace(await projectFolder({}), '--help');
    expect([...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).sort()).toEqual([...COMMANDS].sort());
  });

  test('says the version', async () => {
    const { code, stdout } = await startMillrace(await projectFolder({}), '--version').ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });
});
