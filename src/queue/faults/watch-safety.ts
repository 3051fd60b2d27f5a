// Repeats the safety checks of the servers every minute.

import type { Clock } from '../../core/clock.ts';
import { Failure, type FailureCode } from '../../core/failure.ts';
import type { Log } from '../../core/log.ts';
import { repeatedly } from '../repeat.ts';

export type SafetyWatch = {
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  readonly check: () => Promise<void>;
  /** Called when the servers become unsafe. */
  readonly onUnsafe: () => Promise<void>;
  /** Called when they are safe again. */
  readonly onSafe: () => Promise<void>;
};

/** Watches until disposed. An unavailable server is not unsafe: other code handles that. */
export function watchSafety({ clock, log, everyMs, check, onUnsafe, onSafe }: SafetyWatch): AsyncDisposable {
  let wasSafe = true;
  return repeatedly(clock, everyMs, async () => {
    const failure = await check().then(() => null, unsafeOf);
    const isSafe = failure === null;
    if (failure !== null) log.error('process.unsafe', { code: failure.code, message: failure.message });
    if (isSafe === wasSafe) return;
    wasSafe = isSafe;
    if (!isSafe) return await onUnsafe();
    log.info('process.safe');
    await onSafe();
  });
}

const UNSAFE: readonly FailureCode[] = ['QUEUE_UNSAFE', 'CLOCK_SKEW', 'OFFLINE_DENIED'];

function unsafeOf(error: unknown): Failure | null {
  return error instanceof Failure && UNSAFE.includes(error.code) ? error : null;
}
