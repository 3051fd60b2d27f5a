// Finding out that the online store is not what Postgres believes, and asking for what then has to be rebuilt.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import {
  endExpiredLeases,
  lockOnlineRecord,
  type OnlineRecord,
  readOnlineRecord,
  recordGeneration,
  requestRebuild,
  type StoreIdentity,
  skipPublishNumbers,
  type ViewPublishing,
} from '../../state/publishing/online-store.ts';
import type { RebuildReason } from '../../state/publishing/rebuild-reasons.ts';
import type { OnlineStore } from '../store.ts';
import { type FoundSentinel, readSentinel, replaceSentinel, resetNumbers } from './sentinel.ts';
import { judgeSentinel, numbersOf, plausible, type Verdict } from './trust.ts';

/** A view that is to be rebuilt, and why. */
export type RebuildDue = { readonly viewId: number; readonly name: string; readonly reason: RebuildReason };

export type SentinelCheck = StoreIdentity & {
  /** What was found wrong this time; null where the store is what Postgres believes. */
  readonly reason: RebuildReason | null;
  readonly due: readonly RebuildDue[];
};

/**
 * Compares the store with the record, marks the views that are concerned for a rebuild, and names all that are marked.
 * Repeating it changes nothing. Takes one query and one exchange while all is well.
 *
 * @throws Failure ONLINE_UNAVAILABLE, OFFLINE_UNAVAILABLE
 */
export async function checkSentinel(
  { database, online }: { database: Database; online: OnlineStore },
  signal?: AbortSignal,
): Promise<SentinelCheck> {
  const [record, found] = await Promise.all([readOnlineRecord(database), readSentinel(online, signal)]);
  if (judgeSentinel(record, found).kind === 'agrees') return checked(record, null);
  // A publish may have finished between the two readings: only what is so while none can is true.
  return database.transaction((session) => settle(session, online), signal);
}

async function settle(session: Session, online: OnlineStore): Promise<SentinelCheck> {
  const record = await lockOnlineRecord(session);
  const found = await readSentinel(online);
  const verdict = judgeSentinel(record, found);
  if (verdict.kind === 'agrees') return checked(record, null);
  const reason = verdict.kind === 'first' ? null : verdict.reason;
  if (verdict.kind === 'doubtful') await markDoubtful(session, online, record, verdict);
  else await beginGeneration(session, online, record, found, verdict);
  return checked(await readOnlineRecord(session), reason);
}

async function markDoubtful(
  session: Session,
  online: OnlineStore,
  record: OnlineRecord,
  { views, reason }: Extract<Verdict, { kind: 'doubtful' }>,
): Promise<void> {
  const concerned = record.views.filter((view) => views.includes(view.name));
  const ids = concerned.map((view) => view.id);
  await requestRebuild(session, ids, reason);
  await endExpiredLeases(session, ids);
  await resetNumbers(online, concerned);
}

async function beginGeneration(
  session: Session,
  online: OnlineStore,
  record: OnlineRecord,
  found: FoundSentinel,
  verdict: Exclude<Verdict, { kind: 'agrees' | 'doubtful' }>,
): Promise<void> {
  const generation = Math.max(record.generation, plausible(found.generation, record.generation) ?? 0) + 1;
  await recordGeneration(session, { generation, serverRunId: found.serverRunId, replicationId: found.replicationId });
  if (verdict.kind === 'distrusted') {
    const taken = verdict.numbersMayBeTaken;
    // A store that knows more than Postgres may hold rows of any view.
    const concerned = taken ? record.views : record.views.filter((view) => view.publishNumber > 0);
    await requestRebuild(
      session,
      concerned.map((view) => view.id),
      verdict.reason,
    );
    if (taken)
      await skipPublishNumbers(
        session,
        concerned.map((view) => atLeast(view, found)),
      );
  }
  // Last: should the transaction fail after it, the next check finds a newer sentinel and begins once more.
  const { views } = await readOnlineRecord(session);
  await replaceSentinel(online, generation, views);
}

function atLeast(view: ViewPublishing, found: FoundSentinel): { id: number; atLeast: number } {
  const { finished, begun } = numbersOf(view, found);
  return { id: view.id, atLeast: Math.max(finished ?? 0, begun ?? 0) };
}

function checked(record: OnlineRecord, reason: RebuildReason | null): SentinelCheck {
  const due = record.views.flatMap((view) =>
    view.rebuildReason === null ? [] : [{ viewId: view.id, name: view.name, reason: view.rebuildReason }],
  );
  const { generation, serverRunId, replicationId } = record;
  return { generation, serverRunId, replicationId, reason, due };
}
