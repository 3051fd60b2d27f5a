// The alert loop of the elected process, which needs only Postgres: it checks the rules and delivers messages. A
// hanging target blocks neither the checks nor other targets.

import { Failure, messageOf } from '../core/failure.ts';
import type { AlertTarget } from '../definition/connections/alert-targets.ts';
import { giveUpOld } from '../state/alerts/delivery.ts';
import { forgetOldAlerts } from '../state/alerts/record.ts';
import { type DeliverOptions, deliverTo } from './deliver.ts';
import { endForgottenRules, type LookOptions, lookByRule } from './look.ts';

export type AlertSettings = Pick<
  DeliverOptions,
  'timeoutMs' | 'mailTimeoutMs' | 'leaseMs' | 'backoffMs' | 'backoffMaxMs'
> & {
  readonly lookMs: number;
  readonly sendMs: number;
};

export const ALERT_SETTINGS: AlertSettings = {
  lookMs: 15_000,
  sendMs: 2_000,
  timeoutMs: 10_000,
  mailTimeoutMs: 60_000,
  leaseMs: 90_000,
  backoffMs: 10_000,
  backoffMaxMs: 900_000,
};

export type WatchOptions = LookOptions &
  Omit<DeliverOptions, keyof AlertSettings> & {
    readonly targets: readonly AlertTarget[];
    readonly settings: AlertSettings;
    /** Called after one check and one attempt to deliver. */
    readonly onRound?: () => void;
  };

/** Watches until the signal is aborted; never rejects. */
export async function watchAlerts(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { targets, settings, onRound } = options;
  const delivering = { ...options, ...settings };
  const looked = Promise.withResolvers<void>();
  const looking = again(options, settings.lookMs, signal, (say) => look(options, signal, say).then(looked.resolve));
  const sent = targets.map(() => Promise.withResolvers<void>());
  const sending = targets.map(async (target, index) => {
    await looked.promise;
    const send = (say: Say) => attempt(say, () => deliverTo(delivering, target, signal));
    await again(options, settings.sendMs, signal, (say) => send(say).then(sent[index]?.resolve));
  });
  Promise.all([looked.promise, ...sent.map(({ promise }) => promise)]).then(onRound);
  await Promise.all([looking, ...sending]);
}

type Say = (error: unknown) => void;

/** One check; a failing rule does not block the others. */
async function look(options: WatchOptions, signal: AbortSignal, say: Say): Promise<void> {
  await attempt(say, () => endForgottenRules(options));
  for (const rule of options.rules) {
    if (!signal.aborted) await attempt(say, () => lookByRule(options, rule));
  }
  await attempt(say, async () => {
    const known = options.targets.map(({ name }) => name);
    for (const { id, target, error } of await giveUpOld(options.database, known)) {
      options.log.warn('alert.dead', { delivery: id, target, message: error });
    }
    await forgetOldAlerts(options.database);
  });
}

/** Runs `work` now and after each pause. A repeated error is logged once. */
async function again(
  { clock, log }: WatchOptions,
  everyMs: number,
  signal: AbortSignal,
  work: (say: Say) => Promise<void>,
): Promise<void> {
  let said = new Set<string>();
  while (!signal.aborted) {
    const now = new Set<string>();
    await work((error) => {
      const message = messageOf(error);
      now.add(message);
      if (said.has(message) || signal.aborted) return;
      log.warn('alerts.failed', { code: error instanceof Failure ? error.code : 'BUG', message });
    });
    said = now;
    await clock.sleep(everyMs, signal);
  }
}

async function attempt(say: Say, work: () => Promise<void>): Promise<void> {
  await work().catch(say);
}
