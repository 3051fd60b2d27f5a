import { type Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { behindCommand } from '../../src/cli/global-options.ts';
import { openTerminal } from '../../src/cli/output/terminal.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type CommandLine, commandLinesOf } from './command-lines.ts';
import { PAGES } from './pages.ts';

const terminal = openTerminal({});

/** The program, whose commands only read their arguments. */
function idleProgram(): Command {
  const { program } = buildProgram({ terminal, env: {}, clock: systemClock, exitCode: 0 });
  const silence = (command: Command): void => {
    command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
    command.action(() => {});
    command.commands.forEach(silence);
  };
  program.configureOutput({ writeOut: () => {} }).commands.forEach(silence);
  return program;
}

const LEFT_OUT = ['commander.missingArgument', 'commander.missingMandatoryOptionValue'];

/** What is wrong with a line; null if the program understands it, or prints help or its version. */
async function problemOf({ words, isWhole }: CommandLine): Promise<string | null> {
  const program = idleProgram();
  try {
    await program.parseAsync(behindCommand(program, words), { from: 'user' });
    return null;
  } catch (error) {
    const [code, exitCode] = error instanceof CommanderError ? [error.code, error.exitCode] : ['', 1];
    if (LEFT_OUT.includes(code) && !isWhole) return null;
    return exitCode === 0 ? null : `millrace ${words.join(' ')}: ${error}`;
  }
}

describe('command lines', () => {
  test.each(PAGES)('of %s name commands and options that exist', async (page) => {
    const problems = await Promise.all(commandLinesOf(page).map(problemOf));
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
