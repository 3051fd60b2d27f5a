// Error reporting: a sentence with a hint on stderr, and an exit code.

import { type Command, CommanderError } from 'commander';
import { Failure, type FailureCode, messageOf } from '../../core/failure.ts';
import { scrubbed } from '../../observe/logger.ts';
import { Shutdown } from '../../run/shutdown.ts';
import { DONE, ERROR, type ExitCode, REFUSED } from '../exit.ts';
import type { Terminal } from './terminal.ts';

const REFUSALS: readonly FailureCode[] = [
  'DEFINITION_INVALID',
  'ARGUMENT_INVALID',
  'NOT_FOUND',
  'VIEW_CHANGED',
  'VIEW_PAUSED',
  'BACKFILL_OVERLAPS',
];

/** Hints about the configuration, which the failing layer does not know. */
const HINTS: Partial<Record<FailureCode, string>> = {
  OFFLINE_UNAVAILABLE: 'check that it is running and that offline.url in millrace.yaml is correct',
  OFFLINE_DENIED: 'check the user, password and database of offline.url in millrace.yaml',
  ONLINE_UNAVAILABLE: 'check that it is running and that online.url in millrace.yaml is correct',
  QUEUE_UNAVAILABLE: 'check that it is running and that queue.url in millrace.yaml is correct',
};

type Reported = {
  readonly debug: boolean;
  /** The command that was called, for hints about its arguments. */
  readonly called?: Command;
};

/** Prints what was thrown, with its stack if `debug` is set, and returns the exit code. */
export function reportError(terminal: Terminal, thrown: unknown, { debug, called }: Reported): ExitCode {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return DONE;
  for (const sentence of sentencesOf(thrown, called)) terminal.warn(scrubbed(sentence));
  if (debug) for (const line of stackOf(thrown).split('\n')) terminal.warn({ style: 'dim', text: scrubbed(line) });
  if (thrown instanceof CommanderError) return REFUSED;
  return thrown instanceof Failure && REFUSALS.includes(thrown.code) ? REFUSED : ERROR;
}

/** One sentence, or one per invalid definition and missing variable. */
function sentencesOf(thrown: unknown, called?: Command): string[] {
  if (thrown instanceof CommanderError) return [usageSentence(thrown.message, called)];
  if (thrown instanceof Shutdown) return ['Stopped early. Finished work is kept; run the command again to continue.'];
  if (thrown instanceof UndeliveredRequest) {
    return [`${withHint(thrown.cause)} The request is recorded and will run when the queue is back.`];
  }
  if (!(thrown instanceof Failure)) {
    return [`This is a bug in Millrace: ${messageOf(thrown)}; run the command again with --debug for a stack trace.`];
  }
  const hasLines = thrown.code === 'DEFINITION_INVALID' || thrown.code === 'ENVIRONMENT_MISSING';
  return hasLines ? thrown.message.split('\n') : [withHint(thrown)];
}

/** A request that is recorded in Postgres but could not be delivered to the workers. */
export class UndeliveredRequest extends Error {
  override readonly name = 'UndeliveredRequest';
  override readonly cause: Failure;

  constructor(cause: Failure) {
    super(cause.message, { cause });
    this.cause = cause;
  }
}

function withHint(failure: Failure): string {
  const { message } = failure;
  const hint = hintOf(failure);
  return hint === undefined ? message : `${message.replace(/\.$/, '')}; ${hint}.`;
}

/** Undefined if the message already says what to do: only the words of a server (with a `sqlstate`) do not. */
function hintOf({ code, facts }: Failure): string | undefined {
  return code === 'OFFLINE_DENIED' && !('sqlstate' in facts) ? undefined : HINTS[code];
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` as a sentence. */
function usageSentence(message: string, called?: Command): string {
  const [problem = '', meant] = message.replace(/^error: /, '').split(/\n\(Did you mean (?:one of )?/);
  const hint = meant === undefined ? helpHint(problem, called) : `did you mean ${meant.replace(/\?\)$/, '')}?`;
  const sentence = problem.replace(/\.$/, '').replace('. Expected', ': expected');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}; ${hint}${hint.endsWith('?') ? '' : '.'}`;
}

/** Names the help page of the called command, and its subcommands unless an option is wrong. */
function helpHint(problem: string, called?: Command): string {
  const names: string[] = [];
  for (let command = called; command?.parent != null; command = command.parent) names.unshift(command.name());
  const below =
    names.length === 0 || /^option /i.test(problem) ? [] : (called?.commands.map((command) => command.name()) ?? []);
  const commands = below.length === 0 ? '' : `the commands are ${below.join(', ')}; `;
  return `${commands}see "${['millrace', ...names, '--help'].join(' ')}"`;
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
