// The engine processes of this process. Starting one takes a fifth of a second, so a reading takes one that is there, or
// has one started while its files are fetched.
//
// A process that has read from one source is used again only for that source, with a new database each time: it has seen
// no other source's files. It is not one process per view, because many small views in turn would each pay for a start.

import type { Clock } from '../../../core/clock.ts';
import { type EngineProcess, startEngineProcess } from './process.ts';

/** Unused for so long, a process ends. */
const IDLE_MS = 10_000;
/** How long a process may take to put a reading away. */
const CLOSE_MS = 5_000;
/** A process that has grown by more than this is not used again. */
const GROWN_BYTES_MAX = 48 * 1_048_576;

export type LeasedEngine = Pick<EngineProcess, 'pid' | 'send' | 'next' | 'ask' | 'end'> & {
  /** The process is kept for another reading of the same source, or ended. Does nothing when called again. */
  giveBack(): Promise<void>;
};

export type EnginePool = AsyncDisposable & {
  /** A process for readings of this source alone; it starts, if it must, while the caller does other things. */
  lease(source: string): LeasedEngine;
};

export type EnginePoolOptions = {
  readonly clock: Clock;
  /** How many processes there may be; where all are in use, more, and then none waits. */
  readonly processesMax: number;
  /** Whether a new one is started ahead for a source that has none. Only worth it where more readings follow. */
  readonly ahead: 'one' | 'none';
  readonly start?: () => EngineProcess;
};

type Idle = { readonly process: EngineProcess; readonly source: string | null; readonly expiry: Disposable };

/** Starts nothing before the first reading. */
export function openEnginePool({
  clock,
  processesMax,
  ahead,
  start = startEngineProcess,
}: EnginePoolOptions): EnginePool {
  /** The oldest first. */
  const idle: Idle[] = [];
  let inUse = 0;
  let isClosed = false;

  function keep(process: EngineProcess, source: string | null): void {
    process.letGo();
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
    if (ahead === 'one' && !idle.some(({ source }) => source === null)) keep(start(), null);
  }

  return {
    lease(source) {
      const process = taken(source);
      process.hold();
      inUse += 1;
      makeRoom();
      let isGivenBack = false;
      return {
        pid: process.pid,
        send: process.send,
        next: process.next,
        ask: process.ask,
        end: process.end,
        async giveBack() {
          if (isGivenBack) return;
          isGivenBack = true;
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
  // What is under way cannot be called back.
  if (process.hasEnded || process.isBusy) return false;
  try {
    return Number(await process.ask({ do: 'close' })) <= GROWN_BYTES_MAX;
  } catch {
    return false;
  }
}
