// The life of a scheduler or worker process: start, report readiness, stop on a signal.

import type { App } from '../../app.ts';
import { Failure } from '../../core/failure.ts';
import { openingOnce } from '../../core/opening-once.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import { requireOnlineAccess } from '../../online/access.ts';
import { poolSamples } from '../../processes/pool-metrics.ts';
import { migrate } from '../../state/migrate.ts';
import type { Cli, CommonOptions } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { type OpenProject, openProject } from '../open.ts';
import { versionFacts } from '../version.ts';
import { aborted, openObserved } from './observed.ts';
import { whenReachable } from './when-reachable.ts';

export type ServeOptions = CommonOptions & {
  readonly healthPort?: number;
  readonly healthHost?: string;
  readonly metrics: boolean;
};

/** A started process; `broken` resolves when it should be started again. */
export type Service = AsyncDisposable & { readonly broken?: Promise<Failure> };

/** `waitedMs`: how long the process waited for its servers. `metrics` is absent without a health port. */
export type Starting = { readonly waitedMs: number; readonly metrics?: Metrics };

/** Starts a process. May be called again after a failure. */
type Start = (open: OpenProject, starting: Starting) => Promise<Service>;

/** Runs a process until SIGTERM or Ctrl-C, with its log on stdout. @throws Failure when it breaks, or cannot start. */
export async function serve(
  cli: Cli,
  options: ServeOptions,
  { kind, start }: { kind: string; start: Start },
): Promise<ExitCode> {
  // Without a health port there is nothing to serve metrics on.
  const hasMetrics = options.metrics && options.healthPort !== undefined;
  using observed = await openObserved(cli, { kind, debug: options.debug, metrics: hasMetrics });
  const { log, metrics, signal } = observed;
  await using open = await openProject(cli, options, { log });
  metrics?.beforeAnswer(() => poolSamples(open.app).forEach(metrics.set));
  // Serves health checks from the first moment until everything else has stopped.
  await using answering = new AsyncDisposableStack();
  const health = answering.use(await startHealthOf(open.app, options, metrics));
  if (health.url !== null) log.info('health.listening', { url: health.url });
  await using service = await whenReachable({ clock: cli.clock, log, signal }, async (waitedMs) => {
    for (const name of await migrate(open.app.database)) log.info('state.migrated', { migration: name });
    await requireOnlineAccess(open.app.online, signal);
    return start(open, { waitedMs, ...(metrics === null ? {} : { metrics }) });
  });
  if (service === null) return DONE;
  health.setStarted();
  log.info(`${kind}.started`, { project: open.project.project, ...versionFacts() });
  const failure = await Promise.race([aborted(signal), service.broken ?? aborted(signal)]);
  if (failure !== null) throw failure;
  log.info(`${kind}.stopping`);
  return DONE;
}

/** Ready means that Postgres and the queue respond; a worker is useful even without the online store. */
async function startHealthOf(
  app: App,
  { healthPort: port, healthHost: host }: ServeOptions,
  metrics: Metrics | null,
): Promise<StartingHealth> {
  if (port === undefined)
    return { url: null, setStarted: () => undefined, [Symbol.asyncDispose]: async () => undefined };
  const { startHealth } = await import('../../observe/health.ts');
  await using parts = new AsyncDisposableStack();
  const queues = parts.use(openingOnce(() => app.openQueues()));
  const checks: Record<string, () => Promise<unknown>> = {
    postgres: () => app.database.query('select 1'),
    queue: async () => (await queues.opened()).exchange((connection) => connection.ping()),
    process: () => Promise.reject(new Failure('OFFLINE_UNAVAILABLE', 'It is starting.')),
  };
  const { url } = parts.use(
    await startHealth({
      port,
      checks,
      clock: app.clock,
      ...(host === undefined ? {} : { host }),
      ...(metrics === null ? {} : { metrics }),
    }),
  );
  const started = parts.move();
  const setStarted = () => void delete checks['process'];
  return { url, setStarted, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** The health of a process that is not ready until setStarted is called. `url` is null without a health port. */
type StartingHealth = AsyncDisposable & { readonly url: string | null; setStarted(): void };
