// Ends the waits of a pool's connections that nothing else ends.
//
// A connection behind a NAT, or to a host that died, can go silent for good: nothing arrives, and nothing says so. Only
// the server knows whether an answer is late because it is still at work. So a connection that was silent for a while is
// asked about over another one. It may stay silent as long as its server process works, or waits for a lock; otherwise it
// is destroyed, and what waits for it fails.

import type pg from 'pg';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { type Backend, type BackendState, type Backends, introduce, isFull } from './backends.ts';
import type { PostgresRole } from './failure.ts';
import { awaitsServer, destroyWire, isEnding, wireProgress } from './wire.ts';

export type SuperviseOptions = {
  readonly clock: Clock;
  /** How long the server may owe us a word before it is asked what it does. */
  readonly silenceMs: number;
  readonly backends: Backends;
  readonly role: PostgresRole;
};

export interface Supervision extends Disposable {
  /** Whether the connection may be used; not when another one was found dead since this one was last heard. */
  isTrusted(client: pg.PoolClient): boolean;
  /** Watches a connection that is held, until disposed. Rejects where the server does not answer a new one. */
  hold(client: pg.PoolClient): Promise<Disposable>;
}

/** Twice, a little apart: an answer may be on its way while the server says that it has given it. */
const IDLE_LOOKS_MAX = 2;
/** Without an answer of the server about it a connection is given up after so many silences. */
const BLIND_SILENCES_MAX = 4;
/**
 * And after so many where the server has no room for the question, and no idle connection of the pool can ask it: the server
 * may well be at work. It is asked ten times per silence, and one place that is free for a moment is enough.
 */
const REFUSED_SILENCES_MAX = 12;
const LOOKS_PER_SILENCE = 10;
const CLOSE_MS = 2_000;

type Watched = {
  readonly client: pg.PoolClient;
  backend: Backend | null;
  isHeld: boolean;
  progress: number;
  /** When something last moved. */
  heardMs: number;
  /** Since when the server owes us a word, and was not seen at work. */
  silentSinceMs: number;
  idleLooks: number;
  copiedBytes: number;
  closingSinceMs: number | null;
};

/** Watches the connections of a pool until disposed. */
export function supervise(pool: pg.Pool, options: SuperviseOptions): Supervision {
  const { clock, silenceMs } = options;
  const all = new Map<pg.PoolClient, Watched>();
  let distrustedBeforeMs = Number.NEGATIVE_INFINITY;
  let isLooking = false;
  pool.on('connect', (client) => {
    all.set(client, watched(client, clock.monotonicMs()));
    client.once('end', () => all.delete(client));
  });
  const lose = (one: Watched) => {
    distrustedBeforeMs = clock.monotonicMs();
    destroyWire(one.client, lost(options, clock.monotonicMs() - one.heardMs));
  };
  const look = async (silent: readonly Watched[]) => {
    const states = await statesOf(options.backends, silent);
    const dead = silent.filter((one) => one.isHeld && isSilent(one) && isDead(one, states, options));
    for (const one of dead) lose(one);
    const left = dead.flatMap(({ backend }) => backend ?? []);
    // Best effort: what it holds would otherwise wait for the server's own limits.
    if (left.length > 0 && states instanceof Map) await options.backends.terminate(left).catch(() => undefined);
  };
  const ticker = clock.every(silenceMs / LOOKS_PER_SILENCE, () => {
    const now = clock.monotonicMs();
    for (const one of all.values()) dropClosing(one, now);
    const silent = [...all.values()].filter((one) => one.isHeld && hasBeenSilent(one, now) >= silenceMs);
    if (silent.length === 0 || isLooking) return;
    isLooking = true;
    void look(silent).finally(() => {
      isLooking = false;
    });
  });
  return {
    isTrusted: (client) => (all.get(client)?.heardMs ?? 0) >= distrustedBeforeMs,
    hold: async (client) => {
      const one = all.get(client) ?? watched(client, clock.monotonicMs());
      hear(one, clock.monotonicMs());
      one.isHeld = true;
      const held = { [Symbol.dispose]: () => letGo(one, clock.monotonicMs()) };
      try {
        one.backend ??= await introduce(client);
      } catch (error) {
        held[Symbol.dispose]();
        throw error;
      }
      return held;
    },
    [Symbol.dispose]: () => ticker[Symbol.dispose](),
  };
}

function watched(client: pg.PoolClient, now: number): Watched {
  const progress = wireProgress(client);
  const times = { heardMs: now, silentSinceMs: now, closingSinceMs: null };
  return { client, backend: null, isHeld: false, progress, idleLooks: 0, copiedBytes: 0, ...times };
}

function hear(one: Watched, now: number): void {
  const progress = wireProgress(one.client);
  if (progress !== one.progress) one.heardMs = now;
  Object.assign(one, { progress, silentSinceMs: now, idleLooks: 0 });
}

function letGo(one: Watched, now: number): void {
  if (wireProgress(one.client) !== one.progress) one.heardMs = now;
  one.isHeld = false;
}

function isSilent(one: Watched): boolean {
  return awaitsServer(one.client) && wireProgress(one.client) === one.progress;
}

function hasBeenSilent(one: Watched, now: number): number {
  if (!isSilent(one)) hear(one, now);
  return now - one.silentSinceMs;
}

/** The states by process id; null where the server does not say. */
type States = Map<number, BackendState> | 'too many connections' | null;

async function statesOf(backends: Backends, silent: readonly Watched[]): Promise<States> {
  try {
    const states = await backends.look(silent.flatMap(({ backend }) => backend ?? []));
    return new Map(states.map((state) => [state.pid, state]));
  } catch (error) {
    return isFull(error) ? 'too many connections' : null;
  }
}

function isDead(one: Watched, states: States, { clock, silenceMs }: SuperviseOptions): boolean {
  // It never answered: there is no process to ask about.
  if (one.backend === null) return true;
  const now = clock.monotonicMs();
  if (states === null) return now - one.silentSinceMs >= BLIND_SILENCES_MAX * silenceMs;
  if (states === 'too many connections') return now - one.silentSinceMs >= REFUSED_SILENCES_MAX * silenceMs;
  const state = states.get(one.backend.pid);
  const isMoving = state !== undefined && state.copiedBytes > one.copiedBytes;
  one.copiedBytes = state?.copiedBytes ?? 0;
  if (state?.isAtWork === true || isMoving) {
    Object.assign(one, { silentSinceMs: now, idleLooks: 0 });
    return false;
  }
  one.idleLooks += 1;
  return one.idleLooks >= IDLE_LOOKS_MAX;
}

/** The driver closes politely, and a silent server never answers that. */
function dropClosing(one: Watched, now: number): void {
  if (!isEnding(one.client)) return;
  one.closingSinceMs ??= now;
  if (now - one.closingSinceMs >= CLOSE_MS) destroyWire(one.client);
}

function lost({ role }: SuperviseOptions, silentMs: number): Failure {
  return new Failure(
    role.unavailable,
    text`${safe(role.label)} has not answered for ${safe(Math.round(silentMs / 1_000))} s on a connection that is open, and is not at work for it: the connection was closed.`,
  );
}
