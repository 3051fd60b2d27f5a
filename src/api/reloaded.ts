// A value from Postgres that is kept in memory and loaded again, so that its use needs no Postgres.

import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import { within } from '../core/within.ts';

/** How long a use waits for the current value, if there is an older one. */
export type Patience = 'brief' | 'full';

export type Reloaded<Value> = {
  /**
   * The value: a few seconds old, or older while it cannot be loaded. With `brief`, also older if loading it takes longer
   * than a second: a server that hangs does not delay each use until its deadline. @throws as `load`, if it was never loaded
   */
  get(patience: Patience): Promise<Value>;
  /** Loads the value. Concurrent calls share one load. @throws as `load` */
  read(): Promise<Value>;
  /** Loads the value again before its next use, because it has changed. */
  outdate(): void;
  /** The value that was loaded last; null if there is none. */
  last(): Value | null;
};

/** An older value is loaded again while it is used. */
const FRESH_MS = 5_000;
/** An older value is loaded again before it is used: there was no request for a while. */
const USED_MS = 15_000;
const BRIEF_MS = 1_000;

type Logged = { readonly clock: Clock; readonly log: Log };

type Reading<Value> = { readonly promise: Promise<Value>; readonly generation: number; readonly begun: number };

/** What was read, when, and the last failure since. Times are from the monotonic clock. */
type State<Value> = {
  cached: Value | null;
  readAt: number;
  reading: Reading<Value> | null;
  failed: { readonly failure: Failure; readonly at: number } | null;
  /** Grows when a view has changed: a read that began before is outdated. */
  generation: number;
};

/** Loads a value when it is used. During an outage only the first use waits. */
export function openReloaded<Value>(load: () => Promise<Value>, { clock, log }: Logged): Reloaded<Value> {
  const state: State<Value> = {
    cached: null,
    readAt: Number.NEGATIVE_INFINITY,
    reading: null,
    failed: null,
    generation: 0,
  };
  const read = (): Promise<Value> => {
    const { generation, reading } = state;
    if (reading?.generation === generation) return reading.promise;
    const promise = loaded(load, state, { clock, log, generation }).finally(() => {
      if (state.reading?.promise === promise) state.reading = null;
    });
    state.reading = { promise, generation, begun: clock.monotonicMs() };
    return promise;
  };
  return {
    get: (patience) => newest(state, read, { clock, patience }),
    read,
    outdate: () => {
      state.generation += 1;
      state.readAt = Number.NEGATIVE_INFINITY;
      state.failed = null;
    },
    last: () => state.cached,
  };
}

type Use = { readonly clock: Clock; readonly patience: Patience };

async function newest<Value>(
  state: State<Value>,
  read: () => Promise<Value>,
  { clock, patience }: Use,
): Promise<Value> {
  const { cached, failed, readAt } = state;
  const now = clock.monotonicMs();
  if (cached !== null && now - readAt <= FRESH_MS) return cached;
  if (failed !== null && (state.reading !== null || now - failed.at <= USED_MS)) {
    if (now - failed.at > FRESH_MS) readLater(read);
    return cached ?? Promise.reject(failed.failure);
  }
  if (cached !== null && now - readAt <= USED_MS) {
    readLater(read);
    return cached;
  }
  state.failed = null;
  try {
    const reading = read();
    return await (cached === null || patience === 'full' ? reading : orOlder(reading, cached, { state, clock }));
  } catch (thrown) {
    if (cached !== null && thrown instanceof Failure) return cached;
    throw thrown;
  }
}

/** The value that is being read, or the older one if it is not there a second after the read began. */
async function orOlder<Value>(
  reading: Promise<Value>,
  cached: Value,
  { state, clock }: { readonly state: State<Value>; readonly clock: Clock },
): Promise<Value> {
  const waited = clock.monotonicMs() - (state.reading?.begun ?? Number.NEGATIVE_INFINITY);
  return await within({ clock, limitMs: Math.max(0, BRIEF_MS - waited) }, reading, () => cached);
}

type Loading = Logged & { readonly generation: number };

async function loaded<Value>(
  load: () => Promise<Value>,
  state: State<Value>,
  { clock, log, generation }: Loading,
): Promise<Value> {
  const begun = clock.monotonicMs();
  try {
    const cached = await load();
    if (state.generation === generation) Object.assign(state, { cached, readAt: begun, failed: null });
    return cached;
  } catch (thrown) {
    const failure = thrown instanceof Failure ? thrown : null;
    if (failure !== null && state.generation === generation) state.failed = { failure, at: clock.monotonicMs() };
    log.warn('api.views_outdated', { code: failure?.code ?? 'BUG' });
    throw thrown;
  }
}

/** `loaded` logs and keeps a failure. */
function readLater(read: () => Promise<unknown>): void {
  read().catch(() => undefined);
}
