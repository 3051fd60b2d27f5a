// A push from its checked rows to its response: stored in the inbox, and if asked, awaited until committed or published.

import type { Clock } from '../../core/clock.ts';
import { type Pushed, pushRows } from '../../operations/push.ts';
import { areCommitted, arePublished, newestRun } from '../../state/inbox/waiting.ts';
import type { AppliedView } from '../../state/views/views.ts';
import type { ApiContext, Caller } from '../context.ts';
import { actorOf } from '../operate/actor.ts';
import { Problem } from '../problem.ts';
import type { Collector, RefusedPush } from './collect.ts';

export const WAITS = ['stored', 'committed', 'published'] as const;
export type PushWait = (typeof WAITS)[number];

/** `stored`: durable in the inbox. `committed`: in the offline store. `published`: in the online store. */
export type PushAnswer = {
  readonly accepted: number;
  readonly refused: number;
  readonly refusals: readonly RefusedPush[];
  readonly status: PushWait;
};

export type PushedRows = { readonly applied: AppliedView; readonly collector: Collector };

export type PushOptions = {
  readonly rows: readonly PushedRows[];
  /** Whether the accepted rows are stored although others are refused. */
  readonly refused: 'none' | 'some';
  /** The digest of the route and the body, and the value of Idempotency-Key; null without one. */
  readonly key: { readonly key: string; readonly digest: string } | null;
};

/** Rows that are durable in the inbox. */
export type Stored = Pick<Waited, 'entries' | 'viewIds'> & { readonly answer: PushAnswer };

/** @throws Problem ROWS_REFUSED, KEY_REUSED; Failure OFFLINE_UNAVAILABLE */
export async function storePush(
  context: ApiContext,
  caller: Caller,
  { rows, refused: allowed, key }: PushOptions,
): Promise<Stored> {
  const refused = rows.reduce((sum, { collector }) => sum + collector.refused(), 0);
  const accepted = rows.reduce((sum, { collector }) => sum + collector.accepted(), 0);
  const refusals = rows.flatMap(({ collector }) => collector.refusals).toSorted((a, b) => a.row - b.row);
  if (refused > 0 && !(allowed === 'some' && accepted > 0)) {
    context.measure.push({ accepted: 0, refused, storedMs: null });
    throw rowsRefused(refused, refusals);
  }
  const actor = actorOf(caller);
  const request = {
    views: rows.map(({ applied }) => applied.view.name),
    pushed: rows.map(({ applied, collector }) => ({
      viewId: applied.id,
      columns: collector.columns,
      entries: collector.entries(),
    })),
    key: key === null ? null : { ...key, actor: actor.name ?? '' },
    answer: { accepted, refused, refusals, status: 'stored' } satisfies PushAnswer,
  };
  const start = context.clock.monotonicMs();
  const pushed: Pushed<PushAnswer> = await pushRows(context, actor, request);
  if (pushed.kind === 'key_reused') {
    throw new Problem('KEY_REUSED', 'Another request had this Idempotency-Key: use a new key for each request.');
  }
  const storedMs = context.clock.monotonicMs() - start;
  if (pushed.kind === 'stored') context.measure.push({ accepted, refused, storedMs });
  for (const { applied } of rows) context.drains.request(applied.id);
  return { answer: pushed.answer, entries: pushed.entries, viewIds: rows.map(({ applied }) => applied.id) };
}

/** The response, after waiting as long as the client wants. */
export async function answerPush(context: ApiContext, { answer, ...stored }: Stored, wait: PushWait) {
  const status = wait === 'stored' ? wait : await waited(context, { ...stored, wait });
  return { ...answer, refusals: [...answer.refusals], status };
}

function rowsRefused(refused: number, refusals: readonly RefusedPush[]): Problem {
  const [first] = refusals;
  const rows = refused === 1 ? '1 row was' : `${refused} rows were`;
  return new Problem(
    'ROWS_REFUSED',
    `${rows} refused, so nothing was stored: row ${first?.row}: ${first?.detail}. Fix the rows, or add ?partial=true to store the others.`,
    { facts: { refused, refusals } },
  );
}

/** Shorter than the time for any request. */
const WAIT_MS_MAX = 30_000;
const POLL_MS_MIN = 20;
const POLL_MS_MAX = 500;

type Waited = { readonly entries: readonly number[]; readonly viewIds: readonly number[]; readonly wait: PushWait };

/** How far the rows have come when the wait ends. */
async function waited({ database, clock }: ApiContext, { entries, viewIds, wait }: Waited): Promise<PushWait> {
  const until = clock.monotonicMs() + WAIT_MS_MAX;
  if (!(await polled(clock, until, () => areCommitted(database, entries)))) return 'stored';
  if (wait === 'committed') return 'committed';
  const upTo = await newestRun(database, viewIds);
  return (await polled(clock, until, () => arePublished(database, viewIds, upTo))) ? 'published' : 'committed';
}

async function polled(clock: Clock, until: number, isDone: () => Promise<boolean>): Promise<boolean> {
  for (let delayMs = POLL_MS_MIN; ; delayMs = Math.min(2 * delayMs, POLL_MS_MAX)) {
    if (await isDone()) return true;
    if (clock.monotonicMs() >= until) return false;
    await clock.sleep(delayMs);
  }
}
