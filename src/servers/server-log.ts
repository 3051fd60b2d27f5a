// Failures of private servers, with the last lines of a log or of a program's output.

import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import { joined, type Message, safe, text, value } from '../core/message.ts';

const LINES_MAX = 8;

/** The failure of a server that did not become ready. */
export function startFailure(name: string, logFile: string): Failure {
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  return logFailure(text`A private ${safe(name)} did not start. The end of its log (${value(logFile)}):`, log);
}

/** Each line of the log is a line of the message, so that the last ones are not cut. */
export function logFailure(head: Message, log: string): Failure {
  const lines = log.trim().split('\n').slice(-LINES_MAX);
  return new Failure('SERVER_MISSING', joined([head, ...lines.map(value)], '\n'));
}
