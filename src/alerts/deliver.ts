// Delivers messages to one target, oldest first and at least once, until each is delivered, refused or outdated.

import type { Log } from '../core/log.ts';
import type { Random } from '../core/random.ts';
import type { AlertTarget } from '../definition/connections/alert-targets.ts';
import type { AlertMessage } from '../definition/reference/alert-message.ts';
import type { Database } from '../postgres/database.ts';
import { claimDelivery, type Delivery, giveUpDelivery, recordFailedTry, recordSent } from '../state/alerts/delivery.ts';
import { alertsOfDelivery } from '../state/alerts/record.ts';
import { rewritten } from './message.ts';
import { type SendOptions, send } from './send.ts';

export type DeliverOptions = SendOptions & {
  readonly database: Database;
  readonly log: Log;
  readonly random: Random;
  /** How long a process owns a delivery: longer than both timeouts. */
  readonly leaseMs: number;
  /** The longest pause before the second try; it doubles with each further one, and half of it is random. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
};

/** Sends all due messages of a target. @throws Failure OFFLINE_UNAVAILABLE */
export async function deliverTo(options: DeliverOptions, target: AlertTarget, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const delivery = await claimDelivery(options.database, target.name, options.leaseMs);
    if (delivery === null) return;
    await attempt(options, target, delivery, signal);
  }
}

async function attempt(
  options: DeliverOptions,
  target: AlertTarget,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const { database, log } = options;
  const { at, id, tries } = delivery;
  const message = await sentMessage(database, delivery);
  const answer = await send(options, { target, message, deliveryId: id, at }, signal);
  const facts = { delivery: id, target: target.name, tries };
  switch (answer.kind) {
    case 'taken':
      await recordSent(database, delivery);
      return log.info('alert.sent', {
        ...facts,
        status: message.status,
        rule: message.rule?.when ?? null,
        views: message.total,
        ...(answer.note === undefined ? {} : { message: answer.note }),
      });
    case 'failed': {
      const delayMs = Math.max(answer.afterMs, pauseMs(options, tries));
      await recordFailedTry(database, delivery, { error: answer.error, delayMs });
      return log.info('alert.failed', { ...facts, message: answer.error, delayMs });
    }
    case 'refused':
      await giveUpDelivery(database, delivery, answer.error);
      return log.warn('alert.dead', { ...facts, message: answer.error });
  }
}

/** A view may have become redacted since the message was written. */
async function sentMessage(database: Database, { id, message, namesRedacted }: Delivery): Promise<AlertMessage> {
  return namesRedacted ? rewritten(message, await alertsOfDelivery(database, id)) : message;
}

function pauseMs({ backoffMs, backoffMaxMs, random }: DeliverOptions, tries: number): number {
  const longest = Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(tries - 1, 30));
  return Math.round(longest * (0.5 + random() / 2));
}
