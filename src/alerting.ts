// Alerts, composed: what a scheduler process looks for and tells beside its ticks.

import { type WatchOptions, watchAlerts } from './alerts/watch.ts';
import type { App } from './app.ts';
import { systemRandom } from './core/random.ts';
import { resolveAlertTargets } from './definition/connections/alert-targets.ts';
import type { Project } from './definition/project.ts';
import type { ProcessOptions } from './process-options.ts';
import { campaign } from './queue/leader/elect.ts';

/** The alerts of a project; of one that has none, nobody is told, and what others told is ended. */
export type Alerting = Pick<WatchOptions, 'sender' | 'rules' | 'targets'>;

/** @throws Failure ENVIRONMENT_MISSING where the address or the secret of a target is not set. */
export async function alertingOf({ project, config: { alerts, dashboard }, env }: Project): Promise<Alerting> {
  const sender = { project, dashboardUrl: dashboard?.url ?? null };
  if (alerts === undefined) return { sender, rules: [], targets: [] };
  return { sender, rules: alerts.rules, targets: await resolveAlertTargets(alerts, env) };
}

/**
 * Stands for the election of who looks for alerts. Needs Postgres alone, and waits for it. `told` resolves when it was
 * elected, has looked once, and has tried once to send what there was.
 */
export function startAlerts(
  { database, clock, log, settings }: App,
  alerting: Alerting,
  { version }: ProcessOptions,
): AsyncDisposable & { readonly told: Promise<void> } {
  const { electMs, termMs } = settings.queue;
  const { promise: told, resolve: onRound } = Promise.withResolvers<void>();
  const watching = { ...alerting, database, clock, log, version, random: systemRandom, onRound };
  const candidacy = campaign({ database, clock, log, electMs, termMs, role: 'alerts' }, (signal) =>
    watchAlerts({ ...watching, settings: settings.alerts }, signal),
  );
  return { told, [Symbol.asyncDispose]: () => candidacy[Symbol.asyncDispose]() };
}
