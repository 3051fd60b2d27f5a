import { describe, expect, test } from 'vitest';
import { openTerminal } from '../../src/cli/output/terminal.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { systemClock } from '../../src/core/clock.ts';
import { performMillrace, projectFolder, startMillrace } from './world.ts';

/** Every command and subcommand, as it is typed. */
function allCommands(): string[] {
  const { program } = buildProgram({ terminal: openTerminal({}), env: {}, clock: systemClock, exitCode: 0 });
  const below = (command: typeof program, words: string): string[] =>
    command.commands.flatMap((one) => [`${words}${one.name()}`, ...below(one, `${words}${one.name()} `)]);
  return below(program, '');
}

const COMMANDS = allCommands();

describe('help', () => {
  test.each(['', '--help', ...COMMANDS.map((words) => `${words} --help`)])(
    'of "millrace %s" fits a screen and has an example',
    async (words) => {
      const { code, stdout, stderr } = await performMillrace(await projectFolder({}), words);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trimEnd().split('\n');
      // The main page lists all commands, so it may be longer.
      if (words.includes(' ')) expect(lines.length).toBeLessThanOrEqual(24);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
      expect(stdout).toMatch(/\n {2}\$ millrace \w/);
    },
  );

  test('lists every command', async () => {
    const { stdout } = await performMillrace(await projectFolder({}), '--help');
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(COMMANDS.filter((words) => !words.includes(' ')).sort());
  });

  test('prints the version', async () => {
    const { code, stdout } = await startMillrace(await projectFolder({}), '--version').ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });
});
