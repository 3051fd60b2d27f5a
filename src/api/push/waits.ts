// Pushes that wait until their rows are committed or published. They are looked up together, so that many of them need few
// statements and do not delay new pushes.

import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { Database } from '../../postgres/database.ts';
import { newestRuns, oldestUnpublished, waitingEntries } from '../../state/inbox/waiting.ts';

export const WAITS = ['stored', 'committed', 'published'] as const;
/** `stored`: durable in the inbox. `committed`: in the offline store. `published`: in the online store. */
export type PushWait = (typeof WAITS)[number];

/** Rows that are durable in the inbox: the ids of their entries and views. */
export type InboxRowIds = { readonly entries: readonly number[]; readonly viewIds: readonly number[] };

export type Waits = {
  /** The status of the rows when it is the wanted one, when the time is over, when the signal is aborted, or after `end`. */
  statusOf(rows: InboxRowIds, wanted: PushWait, signal: AbortSignal): Promise<PushWait>;
  /** Ends all waits, because the process stops: their clients must learn that the rows are stored. */
  end(): void;
};

/** Shorter than the time for any request. */
const WAIT_MS_MAX = 30_000;
const LOOK_MS = 100;
/** In this process. More of them do not wait. */
export const WAITING_MAX = 1_000;

type Waiting = InboxRowIds & {
  readonly wanted: PushWait;
  status: PushWait;
  /** The newest run of each view when the rows were committed. */
  upTo: ReadonlyMap<number, number>;
  readonly end: (status: PushWait) => void;
  readonly fail: (thrown: unknown) => void;
};

export function openWaits({ database, clock }: { readonly database: Database; readonly clock: Clock }): Waits {
  const waiting = new Set<Waiting>();
  let isLooking = false;
  let isEnding = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    while (waiting.size > 0) {
      await clock.sleep(LOOK_MS);
      const all = [...waiting];
      // The rows are stored in any case, so a failure only means that their status is not known yet.
      await update(database, all).catch((thrown) => {
        if (!(thrown instanceof Failure)) for (const one of all) one.fail(thrown);
      });
    }
    isLooking = false;
  };
  return {
    async statusOf(rows, wanted, signal) {
      if (wanted === 'stored' || signal.aborted || isEnding || waiting.size >= WAITING_MAX) return 'stored';
      const { promise, resolve: end, reject: fail } = Promise.withResolvers<PushWait>();
      const one: Waiting = { ...rows, wanted, status: 'stored', upTo: new Map(), end, fail };
      const stop = () => end(one.status);
      using _limit = clock.after(WAIT_MS_MAX, stop);
      signal.addEventListener('abort', stop, { once: true });
      waiting.add(one);
      void look();
      try {
        return await promise;
      } finally {
        waiting.delete(one);
        signal.removeEventListener('abort', stop);
      }
    },
    end() {
      isEnding = true;
      for (const one of waiting) one.end(one.status);
    },
  };
}

async function update(database: Database, all: readonly Waiting[]): Promise<void> {
  const committed = await committedOf(
    database,
    all.filter(({ status }) => status === 'stored'),
  );
  const newest = await newestRuns(database, viewIdsOf(committed));
  for (const one of committed) Object.assign(one, { status: 'committed', upTo: newest });
  const published = await publishedOf(
    database,
    all.filter(({ status, wanted }) => status === 'committed' && wanted === 'published'),
  );
  for (const one of published) one.status = 'published';
  for (const one of all) if (one.status === one.wanted) one.end(one.status);
}

async function committedOf(database: Database, stored: readonly Waiting[]): Promise<Waiting[]> {
  // Drains take entries in the order of their ids, so looking up the last one usually suffices.
  const last = await waitingEntries(
    database,
    stored.flatMap(({ entries }) => entries.slice(-1)),
  );
  const maybe = stored.filter(({ entries }) => !entries.slice(-1).some((id) => last.has(id)));
  const left = await waitingEntries(
    database,
    maybe.flatMap(({ entries }) => entries.slice(0, -1)),
  );
  return maybe.filter(({ entries }) => !entries.some((id) => left.has(id)));
}

async function publishedOf(database: Database, committed: readonly Waiting[]): Promise<Waiting[]> {
  const oldest = await oldestUnpublished(database, viewIdsOf(committed));
  const isPublished = ({ viewIds, upTo }: Waiting) =>
    viewIds.every((id) => (oldest.get(id) ?? Number.POSITIVE_INFINITY) > (upTo.get(id) ?? 0));
  return committed.filter(isPublished);
}

function viewIdsOf(all: readonly Waiting[]): number[] {
  return [...new Set(all.flatMap(({ viewIds }) => viewIds))];
}
