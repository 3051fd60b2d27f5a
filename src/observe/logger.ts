// Logs as JSON lines: an event, run and view ids, and no values or secrets.

import { Writable } from 'node:stream';
import { createLogger, format, transports } from 'winston';
import type { Log } from '../core/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * `postgres://user:password@host` anywhere in a string, and `password=…` parameters: never logged. The length of a scheme is
 * limited so that a long text takes linear time.
 */
const CREDENTIALS = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]*@|([?&](?:password|sslpassword|token|secret|sig)=)[^\s&"]*/gi;

/** A string without credentials in URLs. */
export function scrubbed(text: string): string {
  return text.replace(CREDENTIALS, (_, scheme?: string, parameter?: string) => scheme ?? `${parameter}…`);
}

/** A log that writes JSON lines to a stream: `{"level":"info","time":"…","event":"run.claimed","run":17}`. */
export function openLog(level: LogLevel, output: NodeJS.WritableStream): Log {
  // winston adds a listener per transport to its stream; a separate stream limits them to one.
  const stream = new Writable({ write: (chunk, _encoding, done) => void output.write(chunk, () => done()) });
  const logger = createLogger({
    level,
    format: format.combine(format.timestamp({ alias: 'time' }), format.printf(line)),
    transports: [new transports.Stream({ stream })],
  });
  const write =
    (severity: LogLevel) =>
    (event: string, facts: object = {}) =>
      void logger.log(severity, event, { facts });
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function line(info: Record<string, unknown>): string {
  const { level, message, timestamp, facts } = info;
  const all = { level, time: timestamp, event: message, ...(typeof facts === 'object' ? facts : {}) };
  return JSON.stringify(all, (_, value: unknown) => (typeof value === 'string' ? scrubbed(value) : value));
}
