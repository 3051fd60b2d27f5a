// What all commands share: registration, common options, and exit codes.

import { type Command, InvalidArgumentError } from 'commander';
import type { Clock } from '../core/clock.ts';
import { parseDuration } from '../core/duration.ts';
import { type EpochMs, parseInstant } from '../core/instant.ts';
import type { Environment } from '../definition/connections/environment.ts';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './output/terminal.ts';

/** The parts of the process that a command uses. */
export type Cli = {
  readonly program: Command;
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly clock: Clock;
  exitCode: ExitCode;
};

/** The options of every command. */
export type CommonOptions = { readonly project: string; readonly json: boolean; readonly debug: boolean };

export type CommandPage = {
  /** `run <view...>`. */
  readonly usage: string;
  readonly summary: string;
  /** Shown below the options: what to know before the first use; lines of at most 80 characters. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  /** False for processes that print a log. */
  readonly hasJson?: false;
};

/** Adds a command with the common options; the caller adds its own options and its action. */
export function addCommand(parent: Command, page: CommandPage): Command {
  const command = parent
    .command(page.usage)
    .description(page.summary)
    .option('--project <dir>', 'Use the project in this folder', '.');
  if (page.hasJson !== false) command.option('--json', 'Print JSON instead of text', false);
  command.option('--debug', 'Show debug output and stack traces', false);
  const notes = page.notes === undefined ? [] : ['', ...page.notes];
  const examples = ['', 'Examples:', ...page.examples.map((example) => `  $ millrace ${example}`)];
  return command.addHelpText('after', [...notes, ...examples].join('\n'));
}

/** Runs a command's work and keeps its exit code. */
export async function end(cli: Cli, work: Promise<ExitCode>): Promise<void> {
  cli.exitCode = await work;
}

/** A whole number from `min` to `max`, for an option. */
export function wholeNumber(min: number, max = 1_000_000): (text: string) => number {
  return (text) => {
    const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** The id of a run or operation, for an option. */
export function idOption(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a number, such as 17.');
}

/** An instant, for an option: a date is its midnight in UTC. */
export function instantOption(text: string): EpochMs {
  const instant = parseInstant(text);
  if (instant !== null) return instant;
  throw new InvalidArgumentError('Expected a date such as 2026-09-01 or a time such as 2026-09-01T13:00Z.');
}

/** A duration such as 30m, 2h or 7d, for an option; in milliseconds. */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new InvalidArgumentError('Expected a duration such as 30m, 2h or 7d.');
}

/** An option that may be given several times. */
export function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
