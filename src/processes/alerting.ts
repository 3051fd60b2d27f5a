// Alerts, composed: what a scheduler process checks and sends in addition to its ticks.

import { type WatchOptions, watchAlerts } from '../alerts/watch.ts';
import type { App } from '../app.ts';
import { systemRandom } from '../core/random.ts';
import { resolveAlertTargets } from '../definition/connections/alert-targets.ts';
import { plainTextTargets } from '../definition/connections/plain-text.ts';
import type { Project } from '../definition/project.ts';
import { campaign } from '../queue/leader/elect.ts';
import type { ProcessOptions } from './process-options.ts';

/** The alerts of a project. Without any, nothing is sent, and alerts that still fire are resolved. */
export type Alerting = Pick<WatchOptions, 'sender' | 'rules' | 'targets'>;

/** @throws Failure ENVIRONMENT_MISSING if the address or the secret of a target is not set. */
export async function alertingOf({ project, config: { alerts, dashboard }, env }: Project): Promise<Alerting> {
  const sender = { project, dashboardUrl: dashboard?.url ?? null };
  if (alerts === undefined) return { sender, rules: [], targets: [] };
  return { sender, rules: alerts.rules, targets: await resolveAlertTargets(alerts, env) };
}

/**
 * Takes part in the election of the process that checks alerts. Needs only Postgres, and waits for it. `firstRound` resolves
 * once this process was elected, checked all rules, and tried to send every pending message.
 */
export function startAlerts(
  { database, clock, log, settings }: App,
  alerting: Alerting,
  { version }: ProcessOptions,
): AsyncDisposable & { readonly firstRound: Promise<void> } {
  const { electMs, termMs } = settings.queue;
  for (const message of plainTextTargets(alerting.targets)) log.warn('connection.plain_text', { message });
  const { promise: firstRound, resolve: onRound } = Promise.withResolvers<void>();
  const watching = { ...alerting, database, clock, log, version, random: systemRandom, onRound };
  const candidacy = campaign({ database, clock, log, electMs, termMs, role: 'alerts' }, (signal) =>
    watchAlerts({ ...watching, settings: settings.alerts }, signal),
  );
  return { firstRound, [Symbol.asyncDispose]: () => candidacy[Symbol.asyncDispose]() };
}
