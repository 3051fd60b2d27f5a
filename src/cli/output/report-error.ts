// What went wrong, as one sentence with a hint on stderr, and as an exit code.

import { type Command, CommanderError } from 'commander';
import { Failure, type FailureCode, messageOf } from '../../core/failure.ts';
import { scrubbed } from '../../observe/logger.ts';
import { Shutdown } from '../../run/perform.ts';
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

/** What helps where the layer that failed cannot know it. */
const HINTS: Partial<Record<FailureCode, string>> = {
  OFFLINE_UNAVAILABLE: 'check that it runs and that offline.url in millrace.yaml leads to it',
  OFFLINE_DENIED: 'check the user, the password and the database that offline.url in millrace.yaml leads to',
  ONLINE_UNAVAILABLE: 'check that it runs and that online.url in millrace.yaml leads to it',
  QUEUE_UNAVAILABLE: 'check that it runs and that queue.url in millrace.yaml leads to it',
};

type Reported = {
  readonly debug: boolean;
  /** What was called, where the arguments may be wrong. */
  readonly called?: Command;
};

/** Says what was thrown, with its stack only where `debug` asks for it, and returns the exit code. */
export function reportError(terminal: Terminal, thrown: unknown, { debug, called }: Reported): ExitCode {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return DONE;
  for (const sentence of sentencesOf(thrown, called)) terminal.warn(scrubbed(sentence));
  if (debug) for (const line of stackOf(thrown).split('\n')) terminal.warn({ style: 'dim', text: scrubbed(line) });
  if (thrown instanceof CommanderError) return REFUSED;
  return thrown instanceof Failure && REFUSALS.includes(thrown.code) ? REFUSED : ERROR;
}

/** One sentence, or one per problem of the definitions and per variable that is missing. */
function sentencesOf(thrown: unknown, called?: Command): string[] {
  if (thrown instanceof CommanderError) return [usageSentence(thrown.message, called)];
  if (thrown instanceof Shutdown) return ['Stopped before it was done: what was done stays, and it may be run again.'];
  if (!(thrown instanceof Failure)) {
    return [`Millrace met a defect of its own: ${messageOf(thrown)}; run it again with --debug to see where.`];
  }
  const hasLines = thrown.code === 'DEFINITION_INVALID' || thrown.code === 'ENVIRONMENT_MISSING';
  return (hasLines ? thrown.message.split('\n') : [thrown.message]).map((text) => withHint(text, HINTS[thrown.code]));
}

/** What was asked of workers is in Postgres, although they cannot be told now. */
export function recordedDespite(failure: Failure): Failure {
  const sentence = withHint(failure.message, HINTS[failure.code]);
  return new Failure(
    failure.code,
    `${sentence} What was asked is recorded, and is done when the queue is back.`,
    failure.facts,
    failure,
  );
}

/** A failure's own hint, which names what to do after a colon or semicolon, is not doubled. */
function withHint(message: string, hint: string | undefined): string {
  return hint === undefined || message.includes(hint) ? message : `${message.replace(/\.$/, '')}; ${hint}.`;
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` as a sentence. */
function usageSentence(message: string, called?: Command): string {
  const [said = '', meant] = message.replace(/^error: /, '').split(/\n\(Did you mean (?:one of )?/);
  const hint = meant === undefined ? helpHint(said, called) : `did you mean ${meant.replace(/\?\)$/, '')}?`;
  const sentence = said.replace(/\.$/, '').replace('. Expected', ': expected');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}; ${hint}${hint.endsWith('?') ? '' : '.'}`;
}

/** Where the command that was called says what it takes; of one with commands below it, which these are, unless an option is wrong. */
function helpHint(said: string, called?: Command): string {
  const words: string[] = [];
  for (let command = called; command?.parent != null; command = command.parent) words.unshift(command.name());
  const below =
    words.length === 0 || /^option /i.test(said) ? [] : (called?.commands.map((command) => command.name()) ?? []);
  const commands = below.length === 0 ? '' : `its commands are ${below.join(', ')}; `;
  return `${commands}see "${['millrace', ...words, '--help'].join(' ')}"`;
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
