// Ends waits for silent connections of a pool.
//
// A connection behind a NAT, or to a host that died, can go silent permanently without any error. Only the server knows
// whether a response is late because it is still working. So the server is queried about a silent connection over
// another one. The connection may stay silent while its server process works or waits for a lock; otherwise it is
// destroyed, and its waits fail.

import type pg from 'pg';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { type Backend, type BackendState, type Backends, introduce, isFull } from './backends.ts';
import type { PostgresRole } from './failure.ts';
import { awaitsServer, destroyWire, isEnding, wireProgress } from './wire.ts';

export type SuperviseOptions = {
  readonly clock: Clock;
  /** How long the server may be silent before it is queried. */
  readonly silenceMs: number;
  readonly backends: Backends;
  readonly role: PostgresRole;
};

export interface Supervision extends Disposable {
  /** Whether the connection may be used; false if another one was found dead since this one was last heard. */
  isTrusted(client: pg.PoolClient): boolean;
  /** Watches a connection in use, until disposed. Rejects if the server does not accept a new one. */
  hold(client: pg.PoolClient): Promise<Disposable>;
}

/** Twice, a little apart: a response may be in transit while the server reports that it has sent it. */
const IDLE_LOOKS_MAX = 2;
/** If the server does not respond to queries about it, a connection is given up after this many silences. */
const BLIND_SILENCES_MAX = 4;
/**
 * And after so many where the server has no room for the question, and no idle connection of the pool can ask it: the
 * server may well be at work. It is asked ten times per silence, and one place that is free for a moment is enough.
 */
const REFUSED_SILENCES_MAX = 12;
const LOOKS_PER_SILENCE = 10;
const CLOSE_MS = 2_000;

type Watched = {
  readonly client: pg.PoolClient;
  backend: Backend | null;
  isHeld: boolean;
  progress: number;
  /** The time of the last activity. */
  heardMs: number;
  /** Since when the server has been silent, and was not seen working. */
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
    // Best effort: its locks would otherwise wait for the server's own limits.
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

/** The states by process id; null if the server does not respond. */
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
  // It never responded: there is no process to query.
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

/** The driver closes with a goodbye, and a silent server never responds to it. */
function dropClosing(one: Watched, now: number): void {
  if (!isEnding(one.client)) return;
  one.closingSinceMs ??= now;
  if (now - one.closingSinceMs >= CLOSE_MS) destroyWire(one.client);
}

function lost({ role }: SuperviseOptions, silentMs: number): Failure {
  return new Failure(
    role.unavailable,
    text`${safe(role.label)} has not responded for ${safe(Math.round(silentMs / 1_000))} s on an open connection, and no query was running on this connection: the connection was closed.`,
  );
}
