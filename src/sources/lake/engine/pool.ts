// The pool of engine processes. Starting one takes 0.2 s, so a reading uses an idle one, or has one started while its files
// are fetched.
//
// A process is reused only for the same source, with a new database each time, so it never sees files of another source. It
// is not one process per view, because many small views in turn would each pay for a start.

import type { Clock } from '../../../core/clock.ts';
import { type EngineProcess, startEngineProcess } from './process.ts';

/** An idle process ends after this time. */
const IDLE_MS = 10_000;
/** The longest time for a process to close a reading. */
const CLOSE_MS = 5_000;
/** A process that has grown by more than this is not reused. */
const GROWN_BYTES_MAX = 48 * 1_048_576;

export type LeasedEngine = Pick<EngineProcess, 'pid' | 'send' | 'next' | 'ask' | 'end'> & {
  /** Returns the process to the pool, which keeps it for the same source or ends it. Further calls do nothing. */
  giveBack(): Promise<void>;
};

export type EnginePool = AsyncDisposable & {
  /** A process for readings of this source only. A new one starts in the background. */
  lease(source: string): LeasedEngine;
};

export type EnginePoolOptions = {
  readonly clock: Clock;
  /** The most processes, idle ones included. If all are in use, more are started, and none is kept idle. */
  readonly processesMax: number;
  /**
   * Whether a process is started ahead: for other sources once there are several, or if none is idle. Useful only if more
   * readings follow.
   */
  readonly ahead: 'one' | 'none';
  readonly start?: () => EngineProcess;
};

type Idle = { readonly process: EngineProcess; readonly source: string | null; readonly expiry: Disposable };

/** Starts no process before the first reading. */
export function openEnginePool({
  clock,
  processesMax,
  ahead,
  start = startEngineProcess,
}: EnginePoolOptions): EnginePool {
  /** Oldest first. */
  const idle: Idle[] = [];
  let inUse = 0;
  let firstSource: string | null = null;
  let hasOthers = false;
  let isClosed = false;

  function keep(process: EngineProcess, source: string | null): void {
    process.unref();
    const expiry = clock.after(IDLE_MS, () => drop(entry));
    const entry: Idle = { process, source, expiry };
    idle.push(entry);
    makeRoom();
  }

  function makeRoom(): void {
    while (idle.length > 0 && inUse + idle.length > processesMax) drop(idle[0]);
  }

  function remove(entry: Idle): EngineProcess {
    idle.splice(idle.indexOf(entry), 1);
    entry.expiry[Symbol.dispose]();
    return entry.process;
  }

  function drop(entry: Idle | undefined): void {
    if (entry !== undefined) remove(entry).end();
  }

  function taken(source: string): EngineProcess {
    for (const entry of idle.filter(({ process }) => process.hasEnded)) drop(entry);
    const found = idle.findLast((each) => each.source === source) ?? idle.find((each) => each.source === null);
    if (found !== undefined) return remove(found);
    return start();
  }

  function startAhead(): void {
    if (ahead === 'none' || idle.some(({ source }) => source === null)) return;
    // In addition to the kept process of the only source, it would be memory that no reading uses.
    if (idle.length === 0 || hasOthers) keep(start(), null);
  }

  return {
    lease(source) {
      firstSource ??= source;
      hasOthers ||= source !== firstSource;
      const process = taken(source);
      process.ref();
      inUse += 1;
      makeRoom();
      let isReturned = false;
      return {
        pid: process.pid,
        send: process.send,
        next: process.next,
        ask: process.ask,
        end: process.end,
        async giveBack() {
          if (isReturned) return;
          isReturned = true;
          using _late = clock.after(CLOSE_MS, process.end);
          const isKept = await isReusable(process);
          inUse -= 1;
          if (isKept && !isClosed) keep(process, source);
          else process.end();
          if (!isClosed) startAhead();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      while (idle.length > 0) drop(idle[0]);
    },
  };
}

async function isReusable(process: EngineProcess): Promise<boolean> {
  // A request in progress cannot be cancelled.
  if (process.hasEnded || process.isBusy) return false;
  try {
    return Number(await process.ask({ do: 'close' })) <= GROWN_BYTES_MAX;
  } catch {
    return false;
  }
}
