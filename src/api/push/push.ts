// A push from its checked rows to its response: stored in the inbox, and if asked, awaited until committed or published.

import { Failure } from '../../core/failure.ts';
import { type Pushed, pushRows } from '../../operations/push.ts';
import type { Database } from '../../postgres/database.ts';
import { refusedRows } from '../../state/inbox/waiting.ts';
import type { AppliedView } from '../../state/views/views.ts';
import type { ApiContext, Caller } from '../context.ts';
import { actorOf } from '../operate/actor.ts';
import { Problem } from '../problem.ts';
import type { Collector, RefusedPush } from './collect.ts';
import type { InboxRowIds, PushWait } from './waits.ts';

export type PushAnswer = {
  readonly accepted: number;
  readonly refused: number;
  readonly refusals: readonly RefusedPush[];
  readonly status: PushWait;
};

/** `rows`: ?partial=true would store the others. */
export type SentAs = 'rows' | 'some rows' | 'values' | 'value';

const SENT: Readonly<Record<SentAs, { readonly one: string; readonly many: string; readonly advice: string }>> = {
  rows: { one: '1 row', many: 'rows', advice: 'Fix the rows, or add ?partial=true to store the others.' },
  'some rows': { one: '1 row', many: 'rows', advice: 'Fix the rows.' },
  values: { one: '1 value', many: 'values', advice: 'Fix the values.' },
  value: { one: 'The value', many: 'values', advice: 'Fix it.' },
};

export type PushedRows = { readonly applied: AppliedView; readonly collector: Collector };

export type PushOptions = {
  readonly rows: readonly PushedRows[];
  /** Whether the accepted rows are stored although others are refused. */
  readonly refused: 'none' | 'some';
  /** What the client sent, for the message about refused rows. */
  readonly sent: SentAs;
  /** The digest of the route and the body, and the value of Idempotency-Key; null without one. */
  readonly key: { readonly key: string; readonly digest: string } | null;
};

/** Rows that are durable in the inbox. */
export type Stored = {
  readonly answer: PushAnswer;
  /** The ids of the inbox entries; null if their progress is not known. */
  readonly entries: InboxRowIds['entries'] | null;
  readonly viewIds: InboxRowIds['viewIds'];
};

/** @throws Problem ROWS_REFUSED, KEY_REUSED; Failure OFFLINE_UNAVAILABLE */
export async function storePush(
  context: ApiContext,
  caller: Caller,
  { rows, refused: allowed, sent, key }: PushOptions,
): Promise<Stored> {
  const refused = rows.reduce((sum, { collector }) => sum + collector.refused(), 0);
  const accepted = rows.reduce((sum, { collector }) => sum + collector.accepted(), 0);
  const refusals = rows.flatMap(({ collector }) => collector.refusals).toSorted((a, b) => a.row - b.row);
  if (refused > 0 && !(allowed === 'some' && accepted > 0)) {
    context.measure.push({ accepted: 0, refused, storedMs: null });
    throw rowsRefused(refused, refusals, allowed === 'some' ? 'some rows' : sent);
  }
  const actor = actorOf(caller);
  const request = {
    views: rows.map(({ applied }) => applied.view.name),
    pushed: rows.map(({ applied, collector }) => ({
      viewId: applied.id,
      ...collector.cells,
      entries: collector.entries(),
    })),
    key: key === null ? null : { ...key, actor: actor.name ?? '' },
    answer: { accepted, refused, refusals, status: 'stored' } satisfies PushAnswer,
  };
  const start = context.clock.monotonicMs();
  const pushed: Pushed<PushAnswer> = await pushRows(context, actor, request);
  if (pushed.kind === 'key_reused') throw keyReused();
  const storedMs = context.clock.monotonicMs() - start;
  if (pushed.kind === 'stored') context.measure.push({ accepted, refused, storedMs });
  for (const { applied } of rows) context.drains.request(applied.id);
  return { answer: pushed.answer, entries: pushed.entries, viewIds: rows.map(({ applied }) => applied.id) };
}

export type Waiting = { readonly wait: PushWait; readonly signal: AbortSignal };

/** The response, after waiting as long as the client wants. */
export async function answerPush(
  { waits, database }: ApiContext,
  { answer, entries, viewIds }: Stored,
  { wait, signal }: Waiting,
) {
  const status = entries === null ? 'stored' : await waits.statusOf({ entries, viewIds }, wait, signal);
  const quarantined = entries === null || status === 'stored' ? {} : await quarantinedOf(database, entries);
  return { ...answer, refusals: [...answer.refusals], status, ...quarantined };
}

/** The rows are stored in any case: if Postgres does not respond now, their number is left out. */
async function quarantinedOf(database: Database, entries: readonly number[]): Promise<{ quarantined?: number }> {
  try {
    return { quarantined: await refusedRows(database, entries) };
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}

export function keyReused(): Problem {
  return new Problem(
    'KEY_REUSED',
    'This Idempotency-Key was already used for another request: use a new key for each request.',
  );
}

function rowsRefused(refused: number, refusals: readonly RefusedPush[], sent: SentAs): Problem {
  const [first] = refusals;
  const { one, many, advice } = SENT[sent];
  const what = refused === 1 ? `${one} was` : `${refused} ${many} were`;
  const which = sent === 'value' ? '' : `row ${first?.row} (counting from 0): `;
  const detail = `${what} refused, so nothing was stored: ${which}${first?.detail}. ${advice}`;
  return new Problem('ROWS_REFUSED', detail, { facts: { refused, refusals } });
}
