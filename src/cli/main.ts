// The command line: parses the arguments, runs a command, and reports its result.

import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import type { Cli } from './command.ts';
import { processEnvironment } from './environment.ts';
import { DONE, ERROR, type ExitCode } from './exit.ts';
import { behindCommand } from './global-options.ts';
import { reportError } from './output/report-error.ts';
import { openTerminal } from './output/terminal.ts';
import { buildProgram } from './program.ts';

/** Runs the command of this process; never rejects. Returns an exit code of exit.ts. */
export async function main(argv: readonly string[]): Promise<number> {
  const env = processEnvironment();
  return runCommand(argv, { terminal: openTerminal(env), env, clock: systemClock });
}

/** Runs one command; never rejects. */
export async function runCommand(
  argv: readonly string[],
  { terminal, env, clock }: Pick<Cli, 'terminal' | 'env' | 'clock'>,
): Promise<ExitCode> {
  const cli = buildProgram({ terminal, env, clock, exitCode: DONE });
  const args = behindCommand(cli.program, argv);
  try {
    await cli.program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    // A worker stops as after SIGTERM if its log cannot be written, but a service manager has to restart it.
    return cli.exitCode === DONE && terminal.isBroken ? ERROR : cli.exitCode;
  } catch (thrown) {
    return reportError(terminal, thrown, {
      debug: argv.includes('--debug'),
      called: calledCommand(cli.program, args),
    });
  }
}

/** The deepest command that the arguments name. */
function calledCommand(program: Command, argv: readonly string[]): Command {
  let called = program;
  for (const word of argv.filter((one) => !one.startsWith('-'))) {
    const next = called.commands.find((command) => command.name() === word);
    if (next === undefined) return called;
    called = next;
  }
  return called;
}
