// The last log lines of a private server that did not start.

import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '../core/failure.ts';

const LINES_MAX = 8;

/** The failure of a server that did not become ready. */
export function startFailure(name: string, logFile: string): Failure {
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().split('\n').slice(-LINES_MAX).join('\n') : '';
  return new Failure('SERVER_MISSING', `A private ${name} did not start. The end of its log (${logFile}):\n${log}`, {
    server: name,
  });
}
