// A repeated push gets the response of the first one, although its view may be paused, full, edited or retired since.

import { repeatPush } from '../../operations/push.ts';
import type { AppliedView } from '../../state/views/views.ts';
import { requireScope } from '../access/callers.ts';
import type { ApiContext, Caller } from '../context.ts';
import { actorOf } from '../operate/actor.ts';
import { keyReused, type Stored } from './push.ts';

export type KeyedPush = {
  /** The names of the views. */
  readonly views: readonly string[];
  /** The digest of the route and the body, and the value of Idempotency-Key; null without one. */
  readonly key: { readonly key: string; readonly digest: string } | null;
};

/** The rows and the response of the first push; null if this one is the first. @throws Problem KEY_REUSED, VIEW_FORBIDDEN */
export async function repeatedPush(
  context: ApiContext,
  caller: Caller,
  { views: names, key }: KeyedPush,
): Promise<Stored | null> {
  if (key === null) return null;
  const views = await deployed(context, names);
  for (const { view } of views) requireScope(caller, view);
  const actor = actorOf(caller);
  const asked = { views: views.map(({ view }) => view.name), key: { ...key, actor: actor.name ?? '' } };
  const pushed = await repeatPush<Stored['answer']>(context, actor, asked);
  if (pushed === null) return null;
  if (pushed.kind === 'key_reused') throw keyReused();
  for (const { id } of views) context.drains.request(id);
  // Rows of a retired view are not awaited.
  const entries = views.length === names.length ? pushed.entries : null;
  return { answer: pushed.answer, entries, viewIds: views.map(({ id }) => id) };
}

async function deployed({ views }: ApiContext, names: readonly string[]): Promise<AppliedView[]> {
  const applied = await views.applied();
  return names.flatMap((name) => applied.get(name) ?? []);
}
