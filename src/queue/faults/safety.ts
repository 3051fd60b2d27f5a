// Safety checks of the servers, before this process does anything and every minute after.

import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { safe, text } from '../../core/message.ts';
import type { Database } from '../../postgres/database.ts';
import { requireKnownMigrations } from '../../state/migrate.ts';
import type { Queues } from '../queues.ts';
import { requireNoEviction } from './no-eviction.ts';

export type SafetyOptions = {
  readonly database: Database;
  readonly queues: Queues;
  readonly queueUrl: string;
  readonly clock: Clock;
  readonly clockSkewMaxMs: number;
};

/**
 * Checks that the queue's Redis evicts nothing, that the clocks of this process, Redis and Postgres agree, and that no
 * newer release has migrated the tables.
 *
 * @throws Failure QUEUE_UNSAFE, QUEUE_DENIED, CLOCK_SKEW, OFFLINE_DENIED, QUEUE_UNAVAILABLE or OFFLINE_UNAVAILABLE
 */
export async function requireSafeServers(options: SafetyOptions): Promise<void> {
  await requireNoEviction(options.queues.exchange, options.queueUrl);
  await requireScripts(options.queues);
  await requireAgreeingClocks(options);
  await requireKnownMigrations(options.database);
}

/** Nothing works without permission to run scripts on the queue's keys. @throws Failure QUEUE_DENIED */
async function requireScripts({ exchange, run }: Queues): Promise<void> {
  await exchange((connection) => connection.eval("return redis.call('exists', KEYS[1])", 1, run.toKey('meta')));
}

async function requireAgreeingClocks({ database, queues, clock, clockSkewMaxMs }: SafetyOptions): Promise<void> {
  const redis = await aheadOf(clock, async () => {
    const [seconds, micros] = await queues.exchange((connection) => connection.time());
    return epochMsOf(Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000));
  });
  const postgres = await aheadOf(clock, async () => {
    const [row] = await database.query<{ now: number }>(
      'select (extract(epoch from millrace.now()) * 1000)::bigint as now',
    );
    return epochMsOf(row?.now ?? 0);
  });
  for (const [name, aheadMs] of [
    ["the queue's Redis", redis],
    ['Postgres', postgres],
  ] as const) {
    if (Math.abs(aheadMs) > clockSkewMaxMs) throw skewed(name, aheadMs, clockSkewMaxMs);
  }
}

/** How far the other clock is ahead of this machine's, minus the uncertainty of the round trip. */
async function aheadOf(clock: Clock, ask: () => Promise<EpochMs>): Promise<number> {
  const asked = clock.now();
  const theirs = await ask();
  const answered = clock.now();
  if (theirs > answered) return theirs - answered;
  return theirs < asked ? theirs - asked : 0;
}

function skewed(name: string, aheadMs: number, maxMs: number): Failure {
  const apart = `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
  return new Failure(
    'CLOCK_SKEW',
    text`The clock of ${safe(name)} is ${safe(apart)} the clock of this machine. A difference of more than ${safe(maxMs / 1_000)} s makes runs late or early: synchronize both clocks with NTP.`,
    { aheadMs: Math.round(aheadMs) },
  );
}
