// Publishers of a view in this process take turns: the next one starts as soon as the previous one is done. Those of other
// processes find out by looking, which takes longer and costs a statement each time.

import type { Clock } from '../core/clock.ts';
import { settlesWithin } from '../core/within.ts';
import type { Database } from '../postgres/database.ts';

/** The last turn that was asked for: its end, and how many turns before it came without a break. */
type Last = { readonly end: Promise<void>; readonly before: number };

/** By database, and by process and view. */
const lasts = new WeakMap<Database, Map<string, Last>>();

export type Turn = Disposable & {
  /** How many turns of this process came directly before this one. */
  readonly before: number;
};

export type TurnOptions = {
  /** Where the lease of the view is. */
  readonly database: Database;
  readonly viewId: number;
  /** The process, as it takes leases. */
  readonly owner: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Waits for the turn of a caller, which ends when the result is disposed; null if that takes longer than `atMostMs`. */
export async function waitForTurn(
  { database, viewId, owner, clock, signal }: TurnOptions,
  atMostMs: number,
): Promise<Turn | null> {
  const turns = lasts.get(database) ?? new Map<string, Last>();
  lasts.set(database, turns);
  const key = `${owner}/${viewId}`;
  const previous = turns.get(key);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  // A caller that gives up must not let the one behind it overtake the one before it.
  const last =
    previous === undefined
      ? { end: ended, before: 0 }
      : { end: previous.end.then(() => ended), before: previous.before + 1 };
  turns.set(key, last);
  void last.end.then(() => {
    if (turns.get(key) === last) turns.delete(key);
  });
  const turn = { before: last.before, [Symbol.dispose]: end };
  const limit = { clock, limitMs: atMostMs, signal };
  if (previous === undefined || (await settlesWithin(limit, previous.end))) return turn;
  turn[Symbol.dispose]();
  return null;
}
