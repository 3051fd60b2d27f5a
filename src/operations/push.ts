// push: stores rows of programs in the inbox, all of them or none.

import type { Actor } from '../core/actor.ts';
import { addToInbox, type InboxRows } from '../state/inbox/add.ts';
import { findPush, type KnownPush, type PushKey, recordPush, takePushKey } from '../state/inbox/idempotency.ts';
import { inOneStep, type Operation, type OperationDeps } from './operation.ts';

export type PushRequest<Answer> = {
  /** The names of the views, and the rows of each. */
  readonly views: readonly string[];
  readonly pushed: readonly InboxRows[];
  /** Null without an idempotency key. */
  readonly key: PushKey | null;
  /** The response, which is recorded with the key. */
  readonly answer: Answer;
};

/** `entries` are the ids of the inbox entries. `repeated`: the same request was stored before, and `answer` is its response. */
export type Pushed<Answer> =
  | { readonly kind: 'stored' | 'repeated'; readonly answer: Answer; readonly entries: readonly number[] }
  /** Another request had the key: nothing was stored. */
  | { readonly kind: 'key_reused' };

type Recorded<Answer> = { readonly answer: Answer; readonly entries: readonly number[] };

/** Stores the rows durably. @throws Failure OFFLINE_UNAVAILABLE */
export async function pushRows<Answer>(
  deps: Pick<OperationDeps, 'database' | 'log'>,
  actor: Actor,
  { views, pushed, key, answer }: PushRequest<Answer>,
): Promise<Pushed<Answer>> {
  const rows = pushed.reduce((sum, { entries }) => sum + entries.reduce((all, entry) => all + entry.rows, 0), 0);
  return inOneStep(deps, actor, operationOf<Answer>({ views, key, rows }), async (session): Promise<Pushed<Answer>> => {
    const known = key === null ? null : repeatedOf(await takePushKey<Recorded<Answer>>(session, key));
    if (known !== null) return known;
    const entries: number[] = [];
    for (const one of pushed) entries.push(...(await addToInbox(session, one)));
    if (key !== null) await recordPush(session, key, { answer, entries } satisfies Recorded<Answer>);
    return { kind: 'stored', answer, entries };
  });
}

/**
 * The recorded response to a request with the same key, regardless of what happened to its views since; null if the key is new.
 *
 * @throws Failure OFFLINE_UNAVAILABLE
 */
export async function repeatPush<Answer>(
  deps: Pick<OperationDeps, 'database' | 'log'>,
  actor: Actor,
  { views, key }: { readonly views: readonly string[]; readonly key: PushKey },
): Promise<Pushed<Answer> | null> {
  const repeated = repeatedOf(await findPush<Recorded<Answer>>(deps.database, key));
  if (repeated === null) return null;
  return inOneStep(deps, actor, operationOf<Answer>({ views, key, rows: 0 }), async () => repeated);
}

type Audited = Pick<PushRequest<unknown>, 'views' | 'key'> & { readonly rows: number };

function operationOf<Answer>({ views, key, rows }: Audited): Operation<Pushed<Answer>> {
  return {
    verb: 'push',
    subject: { views },
    request: { views, hasKey: key !== null },
    resultOf: ({ kind }) => (kind === 'stored' ? { rows } : { repeated: kind === 'repeated', rows: 0 }),
  };
}

function repeatedOf<Answer>(known: KnownPush<Recorded<Answer>>): Pushed<Answer> | null {
  if (known.kind === 'new') return null;
  return known.kind === 'same' ? { kind: 'repeated', ...known.result } : { kind: 'key_reused' };
}
