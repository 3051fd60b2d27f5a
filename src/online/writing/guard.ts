// Writing batches of rows through the guard script, which alone decides what is written.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { CopyLines } from '../../postgres/copy-lines.ts';
import { loadScript } from '../../redis/script.ts';
import { publishNumberMax } from '../layout.ts';
import { fenceField } from '../sentinel/sentinel.ts';
import type { OnlineStore } from '../store.ts';
import { argumentsOf, entityOf, keysOf, type SentRows, sentRows } from './guard-arguments.ts';

/** What the guard compares with what is stored; guard.lua says what each mode means. */
export type GuardMode = 'guarded' | 'present' | 'forced' | 'rebuilt';

/** What became of the rows of a publish; every row is counted once. */
export type GuardCounts = {
  readonly written: number;
  /** The same row, or for a removal none, was there. */
  readonly unchanged: number;
  /** A newer row was there. */
  readonly older: number;
  /** A row with a greater publish number was there. */
  readonly refused: number;
  readonly removed: number;
};

export const NO_ROWS: GuardCounts = { written: 0, unchanged: 0, older: 0, refused: 0, removed: 0 };

/** The results of the sent rows. */
export type Written = {
  readonly counts: GuardCounts;
  /** The greatest publish number for which a row was refused; 0 where none was. */
  readonly refusedNumber: number;
  /** In mode `present`, the entities whose keys hold no row to compare with: theirs are not counted. */
  readonly undecided: readonly string[];
};

export const NOTHING_WRITTEN: Written = { counts: NO_ROWS, refusedNumber: 0, undecided: [] };

/** Which publish writes, and into which life of the store. */
export type GuardTicket = { readonly view: FeatureView; readonly number: number; readonly generation: number };

export type Guard = {
  /** How many rows of the view fit into one call: more would block the server too long. */
  readonly batchRows: number;
  /**
   * Writes the rows of lines with the fields that src/offline/newest.ts names; they may be written again.
   *
   * @throws Failure ONLINE_UNAVAILABLE, also where the store was flushed or replaced; LEASE_LOST where a later publish of
   *   the view has begun. Neither writes anything.
   */
  write(lines: CopyLines, mode: GuardMode, signal: AbortSignal): Promise<Written>;
};

const BATCH_ROWS_MAX = 500;
/** Lua's unpack and its argument table stay small below this. */
const BATCH_VALUES_MAX = 7_500;
/** How long a tombstone waits for a late writer. */
const TOMBSTONE_MS = 86_400_000;

/** A guard for one publish. */
export async function openGuard(online: OnlineStore, ticket: GuardTicket): Promise<Guard> {
  const script = await loadScript(new URL('./guard.lua', import.meta.url));
  const columns = ticket.view.features.length + 2;
  return {
    batchRows: Math.max(1, Math.min(online.pace?.batchRows ?? BATCH_ROWS_MAX, Math.floor(BATCH_VALUES_MAX / columns))),
    write: async (lines, mode, signal) => {
      await online.pace?.turn(lines.rows, signal);
      const sent = sentRows(ticket.view, lines);
      const keys = keysOf(online.prefix, ticket.view, sent);
      const reply = await online.redis.script(
        script,
        keys,
        argumentsOf(callArguments(ticket, sent, mode), sent),
        signal,
      );
      return writtenOf(reply, ticket, sent);
    },
  };
}

function callArguments({ view, number, generation }: GuardTicket, sent: SentRows, mode: GuardMode): string[] {
  const names = view.features.map((feature) => feature.name);
  const numbers = [number, publishNumberMax(number)];
  const marker = sent.hasExpiries ? 'expiries' : '';
  const head = [generation, fenceField(view.name), ...numbers, mode, TOMBSTONE_MS, marker, names.length];
  return [...head.map(String), ...names];
}

/** What guard.lua returns. */
type GuardReply = [
  status: string,
  written: number,
  unchanged: number,
  older: number,
  refused: number,
  removed: number,
  refusedNumber: number,
  undecided: number[],
];

function writtenOf(reply: unknown, ticket: GuardTicket, sent: SentRows): Written {
  const [status, written, unchanged, older, refused, removed, refusedNumber, undecided] = reply as GuardReply; // as above
  if (status !== 'ok') throw status === 'fenced' ? fenced(ticket) : storeReplaced(ticket);
  return {
    counts: { written, unchanged, older, refused, removed },
    refusedNumber,
    undecided: undecided.map((row) => entityOf(sent, row)),
  };
}

/** The failure of a publisher after which another one has begun. */
export function fenced({ view, number }: GuardTicket): Failure {
  return new Failure(
    'LEASE_LOST',
    text`Publish ${safe(number)} of ${safe(view.name)} stopped because a later publish of the view has started.`,
    { view: view.name, publishNumber: number },
  );
}

/** The fact that marks a failure as `storeReplaced`. */
export const STORE_REPLACED = 'storeReplaced';

/** The failure of a publish whose store was flushed, restored or failed over under it. */
export function storeReplaced({ view, number }: GuardTicket): Failure {
  return new Failure(
    'ONLINE_UNAVAILABLE',
    text`The online store was flushed or replaced while publish ${safe(number)} of ${safe(view.name)} was writing to it. Lost entities will be rebuilt from the offline store.`,
    { view: view.name, publishNumber: number, [STORE_REPLACED]: true },
  );
}

/** The results of rows that were sent in sequence. */
export function addWritten(a: Written, b: Written): Written {
  return {
    counts: addCounts(a.counts, b.counts),
    refusedNumber: Math.max(a.refusedNumber, b.refusedNumber),
    undecided: b.undecided.length === 0 ? a.undecided : [...a.undecided, ...b.undecided],
  };
}

function addCounts(a: GuardCounts, b: GuardCounts): GuardCounts {
  return {
    written: a.written + b.written,
    unchanged: a.unchanged + b.unchanged,
    older: a.older + b.older,
    refused: a.refused + b.refused,
    removed: a.removed + b.removed,
  };
}
