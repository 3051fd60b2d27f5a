// A system with a manual database clock, a webhook, and manual checks.

import { deliverTo } from '../../src/alerts/deliver.ts';
import { endForgottenRules, lookByRule } from '../../src/alerts/look.ts';
import { ALERT_SETTINGS, type AlertSettings } from '../../src/alerts/watch.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Interval } from '../../src/core/interval.ts';
import type { AlertRule } from '../../src/definition/alert.ts';
import type { AlertTarget } from '../../src/definition/connections/alert-targets.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { type KeptLog, keptLog } from '../queue/world.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';
import { startWebhook, type Webhook } from './webhook.ts';

export const SENDER = { project: 'shop', dashboardUrl: 'https://millrace.example.org' };

export function rule(extra: Partial<AlertRule> = {}): AlertRule {
  const { when = 'run_failed' } = extra;
  return { id: `rule_${when}`, when, times: 1, above: 0, views: null, to: ['ops'], cooldownMs: 3_600_000, ...extra };
}

export type AlertWorld = AsyncDisposable & {
  readonly system: World;
  readonly hook: Webhook;
  readonly log: KeptLog;
  /** Sets the clock of the database. */
  setNow(iso: string): Promise<void>;
  /** Checks the rules, as a scheduler does. */
  look(...rules: readonly AlertRule[]): Promise<void>;
  /** Sends due messages. */
  deliver(target?: AlertTarget, settings?: Partial<AlertSettings>): Promise<void>;
  /** Plans within a span as a tick does, and performs the runs. */
  tick(name: string, within?: Interval): Promise<void>;
  /** The received messages: `firing spend`, `resolved spend,other`. */
  heard(): string[];
};

export async function openAlertWorld(options: WorldOptions = {}): Promise<AlertWorld> {
  await using parts = new AsyncDisposableStack();
  const system = parts.use(await openWorld(options));
  const hook = parts.use(await startWebhook());
  const log = keptLog();
  const { database } = system.app;
  const opened = parts.move();
  const world: AlertWorld = {
    system,
    hook,
    log,
    setNow: async (iso) =>
      void (await system.sql(
        `create or replace function millrace.now() returns timestamptz language sql volatile
           as $$ select timestamptz '${iso}' $$`,
      )),
    look: async (...rules) => {
      await endForgottenRules({ database, sender: SENDER, rules });
      for (const one of rules) await lookByRule({ database, sender: SENDER, rules }, one);
    },
    deliver: (target = hook.target('ops'), settings = {}) =>
      deliverTo(
        { ...ALERT_SETTINGS, ...settings, database, log, clock: systemClock, random: () => 1, version: '0.0.0' },
        target,
        new AbortController().signal,
      ),
    tick: async (name, within) => {
      const applied = await requireAppliedView(database, name);
      const range = within === undefined ? undefined : { from: within.start, to: within.end };
      for (const run of await planDue(database, applied, 'schedule', DEFAULT_RUN_OPTIONS, range)) {
        await system.perform(run);
      }
    },
    heard: () => hook.messages().map(({ status, views }) => `${status} ${views.map(({ name }) => name).join()}`),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
  await world.setNow('2026-01-08T00:00:00Z');
  return world;
}
