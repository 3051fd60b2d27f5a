// push: stores rows of programs in the inbox, all of them or none.

import type { Actor } from '../core/actor.ts';
import { addToInbox, type InboxRows } from '../state/inbox/add.ts';
import { type PushKey, recordPush, takePushKey } from '../state/inbox/idempotency.ts';
import { inOneStep, type OperationDeps } from './operation.ts';

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
  const operation = {
    verb: 'push',
    subject: { views },
    request: { views, hasKey: key !== null },
    resultOf: ({ kind }: Pushed<Answer>) => (kind === 'stored' ? { rows } : { repeated: kind === 'repeated', rows: 0 }),
  } as const;
  return inOneStep(deps, actor, operation, async (session): Promise<Pushed<Answer>> => {
    if (key !== null) {
      const known = await takePushKey<Recorded<Answer>>(session, key);
      if (known.kind === 'same') return { kind: 'repeated', ...known.result };
      if (known.kind === 'other') return { kind: 'key_reused' };
    }
    const entries: number[] = [];
    for (const one of pushed) entries.push(...(await addToInbox(session, one)));
    if (key !== null) await recordPush(session, key, { answer, entries } satisfies Recorded<Answer>);
    return { kind: 'stored', answer, entries };
  });
}
