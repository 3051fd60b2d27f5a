// What every long-running process has: a log on stdout, metrics if they are served, and signals that stop it.

import type { Log } from '../../core/log.ts';
import { openLog } from '../../observe/logger.ts';
import { countedLog } from '../../observe/metrics/from-log.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import type { Cli } from '../command.ts';
import { exitWhenLate, stopOnSignals } from '../signals.ts';
import { packageVersion } from '../version.ts';
import { catchUncaught } from './uncaught.ts';

export type Observed = Disposable & {
  readonly log: Log;
  /** Null if they are not served. */
  readonly metrics: Metrics | null;
  /** Aborted by SIGTERM or Ctrl-C. */
  readonly signal: AbortSignal;
};

/** `kind` as in the names of its log events and metrics: worker, api. */
export type ObservedOptions = { readonly kind: string; readonly debug: boolean; readonly metrics: boolean };

export async function openObserved(cli: Cli, { kind, debug, metrics: served }: ObservedOptions): Promise<Observed> {
  using parts = new DisposableStack();
  const written = openLog(debug ? 'debug' : 'info', cli.terminal.streams.out);
  const metrics = served ? parts.use(await metricsOf(kind)) : null;
  const log = metrics === null ? written : countedLog(written, metrics);
  parts.use(catchUncaught(log));
  const { signal } = parts.use(stopOnSignals(exitWhenLate(cli.clock, log)));
  const opened = parts.move();
  return { log, metrics, signal, [Symbol.dispose]: () => opened.dispose() };
}

async function metricsOf(kind: string): Promise<Metrics> {
  // Imported here: a help page needs no metrics.
  const { openMetrics } = await import('../../observe/metrics/metrics.ts');
  return openMetrics({ kind, version: packageVersion() });
}

/** Resolves with null when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
}
