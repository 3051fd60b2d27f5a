// The options of a command that serves HTTP.

import type { Command } from 'commander';
import { wholeNumber } from '../command.ts';

export type ServedAt = { readonly host: string; readonly port: number; readonly metrics: boolean };

/** Adds the options; `ServedAt` has their values. */
export function addServedAt(command: Command, byDefault: { readonly host: string; readonly port: number }): Command {
  return command
    .option('--host <host>', 'Listen on this address', byDefault.host)
    .option('--port <n>', 'Listen on this port', wholeNumber(0, 65_535), byDefault.port)
    .option('--no-metrics', 'Do not serve /metrics');
}
