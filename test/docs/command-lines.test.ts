import { type Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { behindCommand } from '../../src/cli/global-options.ts';
import { openTerminal } from '../../src/cli/output/terminal.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type CommandLine, commandLinesOf } from './command-lines.ts';
import { PAGES } from './pages.ts';

/** The program, whose commands only read their arguments. */
function idleProgram(): Command {
  const { program } = buildProgram({ terminal: openTerminal({}), env: {}, clock: systemClock, exitCode: 0 });
  const silence = (command: Command): void => {
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
    command.action(() => {});
    command.commands.forEach(silence);
  };
  program.commands.forEach(silence);
  return program;
}

/** What is wrong with a line; null if the program understands it, or prints help or its version. */
async function problemOf({ words, isWhole }: CommandLine): Promise<string | null> {
  const program = idleProgram();
  try {
    await program.parseAsync(behindCommand(program, words), { from: 'user' });
    return null;
  } catch (error) {
    const [code, exitCode] = error instanceof CommanderError ? [error.code, error.exitCode] : ['', 1];
    if (code === 'commander.missingArgument' && !isWhole) return null;
    return exitCode === 0 ? null : `millrace ${words.join(' ')}: ${error}`;
  }
}

/** Commands that pages announce before they exist. */
const COMING = ['dataset'];

describe('command lines', () => {
  test.each(PAGES)('of %s name commands and options that exist', async (page) => {
    const lines = commandLinesOf(page).filter(({ words }) => !COMING.includes(words[0] ?? ''));
    const problems = await Promise.all(lines.map(problemOf));
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  test('are found, and refused if an option does not exist', async () => {
    expect(commandLinesOf('docs/guides/backfills.md').length).toBeGreaterThan(8);
    expect(await problemOf({ words: ['restate', 'customer_orders', '--form', '2026-09-01'], isWhole: true })).toContain(
      '--form',
    );
    expect(await problemOf({ words: ['restat', 'customer_orders'], isWhole: false })).not.toBeNull();
  });
});
