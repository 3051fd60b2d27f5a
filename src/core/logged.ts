// What a log may contain of anything that was thrown. Logs contain no values of rows, and nothing is known about the message
// of an unexpected error: it may quote a row, a file, or the words of a server.

import { Failure, isNetworkError, wordsOf } from './failure.ts';
import { redacted, textOf } from './message.ts';

/** A failure without its values. Of an unexpected error the kind and where it was thrown, without its message. */
export function loggedText(thrown: unknown): string {
  if (thrown instanceof Failure || isNetworkError(thrown)) return textOf(redacted(wordsOf(thrown)));
  const [place] = framesOf(thrown).split('\n', 1);
  return [kindOf(thrown), place].filter((part) => part !== '').join(' ');
}

/** The stack of an error: of a failure with its words, of an unexpected error with its kind instead of its message. */
export function loggedStack(thrown: unknown): string {
  const words = thrown instanceof Failure ? `: ${loggedText(thrown)}` : '';
  return `${kindOf(thrown)}${words}\n    ${framesOf(thrown)}`.trimEnd();
}

/** `TypeError`, or with the code of a driver: `DatabaseError 22P02`. */
function kindOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `a thrown ${typeof thrown}`;
  const code = 'code' in thrown && typeof thrown.code === 'string' && /^\w{1,40}$/.test(thrown.code) ? thrown.code : '';
  return `${thrown.constructor.name} ${code}`.trimEnd();
}

/** `at f (file:1:2)`, one per line; empty if the message was changed since, because its end is unknown then. */
function framesOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const stack = thrown.stack ?? '';
  const words = stack.indexOf(thrown.message);
  return words === -1 ? '' : stack.slice(words + thrown.message.length).trim();
}
