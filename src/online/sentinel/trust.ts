// Whether the online store is what Postgres believes it to be: pure.
//
// The record in Postgres and the sentinel in Redis are written in sequence, so each can show that the other was
// lost, restored from a backup, or replaced. What a doubt costs is a rebuild, which writes only what differs.

import type { OnlineRecord, ViewPublishing } from '../../state/publishing/online-store.ts';
import type { RebuildReason } from '../../state/publishing/rebuild-reasons.ts';
import { publishNumberMax } from '../layout.ts';
import type { FoundSentinel } from './sentinel.ts';

export type Verdict =
  | { readonly kind: 'agrees' }
  /** The store is new to us: it gets its first generation, and nothing is to be rebuilt. */
  | { readonly kind: 'first' }
  /** Nothing in the store can be relied on. `numbersMayBeTaken`: it may hold publish numbers that Postgres never gave out. */
  | { readonly kind: 'distrusted'; readonly reason: RebuildReason; readonly numbersMayBeTaken: boolean }
  /** Publishers of these views died after their last write and before Postgres knew of it, or their numbers are broken. */
  | { readonly kind: 'doubtful'; readonly reason: RebuildReason; readonly views: readonly string[] };

/** Compares the record in Postgres with the sentinel that was found. */
export function judgeSentinel(record: OnlineRecord, found: FoundSentinel): Verdict {
  const nothingPublished = record.views.every((view) => view.publishNumber === 0);
  if (found.generation === null) {
    if (record.generation === 0) return { kind: 'first' };
    if (nothingPublished) return { kind: 'first' };
    return distrusted('emptied');
  }
  if (plausible(found.generation, record.generation) === null) {
    return nothingPublished ? { kind: 'first' } : distrusted('damaged');
  }
  if (found.generation < record.generation) return distrusted('older');
  if (found.generation > record.generation) return newerThanPostgres();
  for (const view of record.views) {
    const { finished, begun } = numbersOf(view, found);
    if (Math.max(finished ?? 0, begun ?? 0) > view.publishNumber) return newerThanPostgres();
    if (finished !== null && finished < view.finishedNumber) return distrusted('older');
  }
  if (found.serverRunId !== record.serverRunId || found.replicationId !== record.replicationId) {
    return distrusted('server');
  }
  return doubts(record, found);
}

function doubts(record: OnlineRecord, found: FoundSentinel): Verdict {
  const views = record.views.filter((view) => {
    const { finished } = numbersOf(view, found);
    // Its publisher is alive and about to tell Postgres.
    const isFinishing = view.isLeased && finished === view.publishNumber;
    return isBroken(view, found) || (finished !== view.finishedNumber && !isFinishing);
  });
  if (views.length === 0) return { kind: 'agrees' };
  const anyBroken = views.some((view) => isBroken(view, found));
  const reason = anyBroken ? 'damaged' : 'unrecorded';
  return { kind: 'doubtful', reason, views: views.map((view) => view.name) };
}

function isBroken(view: ViewPublishing, found: FoundSentinel): boolean {
  const { finished, begun } = numbersOf(view, found);
  return finished === null || begun === null;
}

/** A number that the sentinel holds; null where there is none, or none that we can have written. */
export function plausible(number: number | null, known: number): number | null {
  return number !== null && number <= publishNumberMax(known) ? number : null;
}

/** The numbers of a view's publishes that last finished and began; null where they cannot be read. */
export function numbersOf(view: ViewPublishing, found: FoundSentinel) {
  const read = (numbers: ReadonlyMap<string, number>) => plausible(numbers.get(view.name) ?? 0, view.publishNumber);
  return { finished: read(found.finished), begun: read(found.begun) };
}

function distrusted(reason: RebuildReason): Verdict {
  return { kind: 'distrusted', reason, numbersMayBeTaken: false };
}

function newerThanPostgres(): Verdict {
  return { kind: 'distrusted', reason: 'restored', numbersMayBeTaken: true };
}
