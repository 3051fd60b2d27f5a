// What scheduler and worker share: they start, say when they are ready, and stop when they are asked to.

import type { App } from '../app.ts';
import type { Failure } from '../core/failure.ts';
import { openLog } from '../observe/logger.ts';
import { migrate } from '../state/migrate.ts';
import type { Cli, CommonOptions } from './command.ts';
import { DONE, type ExitCode } from './exit.ts';
import { type OpenProject, openProject } from './open.ts';
import { stopOnSignals } from './signals.ts';

export type ServeOptions = CommonOptions & { readonly healthPort?: number; readonly healthHost?: string };

/** A started process; `broken` resolves when it should be started again. */
export type Service = AsyncDisposable & { readonly broken?: Promise<Failure> };

/** Runs a process until SIGTERM or Ctrl-C, with its log on stdout. @throws Failure when it breaks, or cannot start. */
export async function serve(
  cli: Cli,
  options: ServeOptions,
  { kind, start }: { kind: string; start: (open: OpenProject) => Promise<Service> },
): Promise<ExitCode> {
  const log = openLog(options.debug ? 'debug' : 'info', cli.terminal.streams.out);
  using stop = stopOnSignals();
  await using open = await openProject(cli, options, { log });
  for (const name of await migrate(open.app.database)) log.info('state.migrated', { migration: name });
  // Answers until everything else has stopped, and from when it has begun: a scheduler tells its alerts before anything.
  await using answering = new AsyncDisposableStack();
  await using service = await start(open);
  if (options.healthPort !== undefined) {
    const health = answering.use(await startHealthOf(open.app, options.healthPort, options.healthHost));
    log.info('health.listening', { url: health.url });
  }
  log.info(`${kind}.started`, { project: open.project.project });
  const failure = await Promise.race([aborted(stop.signal), service.broken ?? aborted(stop.signal)]);
  if (failure !== null) throw failure;
  log.info(`${kind}.stopping`);
  return DONE;
}

/** Ready means that the record and the queue answer; without the online store a worker still has work. */
async function startHealthOf(app: App, port: number, host?: string): Promise<AsyncDisposable & { url: string }> {
  const { startHealth } = await import('../observe/health.ts');
  await using parts = new AsyncDisposableStack();
  const queues = parts.use(await app.openQueues());
  const checks = {
    postgres: () => app.database.query('select 1'),
    queue: () => queues.exchange((connection) => connection.ping()),
  };
  const { url } = parts.use(
    await startHealth({ port, checks, clock: app.clock, ...(host === undefined ? {} : { host }) }),
  );
  const started = parts.move();
  return { url, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** Resolves with null when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
}
