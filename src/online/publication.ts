// One publish from lease to record, for any rows: of a run, of a debt, or of a whole view.
//
//   lease and number → sentinel: begin → read offline, write through the guard → sentinel: finish → record in Postgres
//
// It may stop anywhere: what is not recorded is published again, under a greater number.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { rereadIfRenamed } from '../offline/renamed-columns.ts';
import type { Session } from '../postgres/session.ts';
import type { StoreIdentity } from '../state/publishing/online-store.ts';
import { requestRebuild, skipPublishNumbers } from '../state/publishing/online-store.ts';
import type { PublishScope } from '../state/publishing/publish-scope.ts';
import { finishPublish, type PublishLease } from '../state/publishing/publishing.ts';
import { type PublisherOptions, withPublishLease } from './lease.ts';
import { checkSentinel } from './sentinel/check-sentinel.ts';
import { type SentinelAnswer, stepSentinel } from './sentinel/sentinel.ts';
import {
  fenced,
  type Guard,
  type GuardCounts,
  type GuardTicket,
  openGuard,
  STORE_REPLACED,
  storeReplaced,
  type Written,
} from './writing/guard.ts';

/** What a publish did. */
export type Published = PublishScope & { readonly number: number; readonly counts: GuardCounts };

/** A publish on its way, as the one that knows its rows sees it. */
export type Publication = { readonly lease: PublishLease; readonly guard: Guard; readonly signal: AbortSignal };

/** Writes the rows of a publish, and says what of the record they are. */
export type WriteRows = (publication: Publication) => Promise<{ scope: PublishScope; written: Written }>;

/** Finds out whether a publish of another has made this one needless, and returns what is known of it; null otherwise. */
export type ServedBefore = () => Promise<Published | null>;

export type PublishSteps = {
  readonly write: WriteRows;
  /** Asked after publishers of this process have had their turns. */
  readonly servedBefore?: ServedBefore;
  /** Runs in the transaction that records the publish. */
  readonly alsoRecord?: (session: Session, lease: PublishLease) => Promise<void>;
};

/**
 * Performs one publish; null where another publisher holds the view and kept it. If it has waited for an edit that renames a
 * column, it begins again, with the definition that is deployed now.
 *
 * @throws Failure ONLINE_UNAVAILABLE, OFFLINE_UNAVAILABLE, LEASE_LOST, NOT_FOUND: nothing is recorded, and it may be repeated.
 */
export async function performPublish(options: PublisherOptions, steps: PublishSteps): Promise<Published | null> {
  return rereadIfRenamed(() => publishOnce(options, steps));
}

async function publishOnce(
  options: PublisherOptions,
  { write, servedBefore, alsoRecord }: PublishSteps,
): Promise<Published | null> {
  const work = async (lease: PublishLease, signal: AbortSignal): Promise<Published> => {
    try {
      const store = await begin(options, lease, signal);
      const ticket = { view: lease.view, number: lease.number, generation: store.generation };
      const guard = await openGuard(options.online, ticket);
      const { scope, written } = await write({ lease, guard, signal });
      if (written.counts.refused > 0) throw await numbersTaken(options, lease, written.refusedNumber);
      await finish(options, lease, store, signal);
      // Not to be stopped by the end of the lease that it gives back itself.
      await options.database.transaction(async (session) => {
        await finishPublish(session, lease, scope, store.generation);
        await alsoRecord?.(session, lease);
      }, options.signal);
      return { ...scope, number: lease.number, counts: written.counts };
    } catch (error) {
      // The caller requests the rebuild; if that fails too, the next check does.
      if (isStoreReplaced(error)) await checkSentinel(options, signal).catch(() => undefined);
      throw error;
    }
  };
  return withPublishLease(options, work, servedBefore);
}

async function begin(options: PublisherOptions, lease: PublishLease, signal: AbortSignal): Promise<StoreIdentity> {
  const said = await stepSentinel(options.online, 'begin', stepOf(lease, lease.generation), signal);
  if (isFrom(said, lease) && said.answer === 'ok') return lease;
  // The sentinel does not match Postgres, or has a fence that no lease holder set: repair it, then start this publish.
  const store = await checkSentinel(options, signal);
  const again = await stepSentinel(options.online, 'begin', stepOf(lease, store.generation), signal);
  if (isFrom(again, store) && again.answer === 'ok') return store;
  throw again.answer === 'fenced' ? fenced(ticketOf(lease)) : storeReplaced(ticketOf(lease));
}

async function finish(
  options: PublisherOptions,
  lease: PublishLease,
  store: StoreIdentity,
  signal: AbortSignal,
): Promise<void> {
  const said = await stepSentinel(options.online, 'finish', stepOf(lease, store.generation), signal);
  if (said.answer === 'fenced') throw fenced(ticketOf(lease));
  if (said.answer !== 'ok' || !isFrom(said, store)) throw storeReplaced(ticketOf(lease));
}

function isFrom(said: SentinelAnswer, store: StoreIdentity): boolean {
  return said.serverRunId === store.serverRunId && said.replicationId === store.replicationId;
}

function stepOf(lease: PublishLease, generation: number) {
  return { generation, view: lease.view.name, number: lease.number, finishedNumber: lease.finishedNumber };
}

function ticketOf(lease: PublishLease): GuardTicket {
  return { view: lease.view, number: lease.number, generation: lease.generation };
}

function isStoreReplaced(error: unknown): boolean {
  return error instanceof Failure && error.facts[STORE_REPLACED] === true;
}

/** No publisher of this Postgres can have written a greater number while we hold the lease: they are of another life. */
async function numbersTaken(
  { database, viewId }: PublisherOptions,
  lease: PublishLease,
  refusedNumber: number,
): Promise<Failure> {
  await database.transaction(async (session) => {
    await requestRebuild(session, [viewId], 'publish_numbers');
    await skipPublishNumbers(session, [{ id: viewId, atLeast: refusedNumber }]);
  });
  return new Failure(
    'ONLINE_UNAVAILABLE',
    text`Publish ${safe(lease.number)} of ${safe(lease.view.name)} was refused because the online store has publish numbers that Postgres never issued. The view will be rebuilt with higher numbers.`,
    { view: lease.view.name, publishNumber: lease.number, [NUMBERS_TAKEN]: true },
  );
}

/** Whether a publish met greater numbers than its own: the next one surpasses all that it met. */
export function metGreaterNumbers(error: unknown): boolean {
  return error instanceof Failure && error.facts[NUMBERS_TAKEN] === true;
}

const NUMBERS_TAKEN = 'numbersTaken';
