// Retries for object stores, and the failures for errors that a retry cannot fix.

import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { RETRY_AFTER_MAX_MS } from '../http/attempts.ts';
import type { ListedFile } from './file-location.ts';
import type { ObjectStore } from './object-store.ts';

const TRIES_MAX = 6;
const DELAY_MS = 100;
const DELAY_MAX_MS = 5_000;
/** Progress that resets the number of attempts, because a large file may be interrupted more often than a small one. */
const PROGRESS_BYTES = 16_777_216;

export type Retrying<T> = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly attempt: () => Promise<T>;
  readonly progressOf?: () => number;
  /** The failure for an error that a retry cannot fix; null if a retry may help. */
  readonly failureOf: (error: unknown, tries: number) => Failure | null;
  /** How long to wait before the next attempt, if the store says so. */
  readonly waitMsOf?: (error: unknown) => number | undefined;
  /** The failure after the last attempt. */
  readonly exhausted: (error: unknown) => Failure;
};

/** The result of the first successful attempt, with growing pauses between attempts. @throws Failure; the signal's reason. */
export async function withRetries<T>(options: Retrying<T>): Promise<T> {
  const { clock, signal, attempt, failureOf, exhausted, progressOf = () => 0 } = options;
  let reached = 0;
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    let waitMs: number | undefined;
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof Failure) throw error;
      const failure = failureOf(error, tries);
      if (failure !== null) throw failure;
      waitMs = options.waitMsOf?.(error);
      if (tries >= TRIES_MAX || (waitMs ?? 0) > RETRY_AFTER_MAX_MS) throw exhausted(error);
    }
    if (progressOf() >= reached + PROGRESS_BYTES) {
      reached = progressOf();
      tries = 0;
    }
    await clock.sleep(waitMs ?? Math.min(DELAY_MAX_MS, DELAY_MS * 2 ** tries), signal);
  }
}

/** Once with the cached credentials, and once with the current ones. */
const EXPIRED_TRIES = 2;

/** The failure for an error; null if a retry may help. `file` is null while listing. */
export function storeFailure(
  { label, troubleOf }: ObjectStore,
  error: unknown,
  file: Pick<ListedFile, 'name'> | null,
  tries: number,
): Failure | null {
  const { kind, what } = troubleOf(error);
  if (kind === 'busy' || kind === 'wrong' || (kind === 'expired' && tries < EXPIRED_TRIES)) return null;
  if (kind === 'denied' || kind === 'expired') {
    const asked = file === null ? `${label} cannot be listed` : `${file.name} in ${label} cannot be read`;
    const code = kind === 'denied' ? 'SOURCE_DENIED' : 'SOURCE_CREDENTIALS';
    return new Failure(code, text`${safe(asked)}: ${what}.`, { place: label });
  }
  if (kind === 'absent' || file === null)
    return new Failure('SOURCE_DENIED', text`${safe(label)}: ${what}.`, { place: label });
  const become = kind === 'gone' ? 'has disappeared' : 'has been replaced';
  return new Failure(
    'FILE_CHANGED',
    text`${safe(file.name)} in ${safe(label)} ${safe(become)} since it was listed; the run will list and read the files again.`,
    { file: file.name },
  );
}
