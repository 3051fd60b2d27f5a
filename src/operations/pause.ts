// pause and resume of views.

import { type Actor, actorName } from '../core/actor.ts';
import type { FeatureView } from '../definition/view.ts';
import { type Paused, pauseView, type Resumed, requireNotRetired, resumeView } from '../state/views/pause.ts';
import type { AppliedView } from '../state/views/views.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { requireViews } from './views.ts';

/** `reason` is the text that a person typed; null or blank without one. */
export type PauseRequest = { readonly views: readonly string[]; readonly reason: string | null };

export type ViewPaused = Paused & { readonly view: FeatureView };
export type ViewResumed = Resumed & { readonly view: FeatureView };

const REASON_CHARACTERS_MAX = 500;
const NO_REASON = 'paused by hand';

/**
 * Pauses all of the views, or none if one of them cannot be paused. Pausing again changes nothing.
 *
 * @throws Failure NOT_FOUND, or ARGUMENT_INVALID for a retired view
 */
export async function pauseViews(
  deps: OperationDeps,
  actor: Actor,
  { views: names, reason: typed }: PauseRequest,
): Promise<ViewPaused[]> {
  const reason = reasonOf(typed);
  return inOneStep(
    deps,
    actor,
    {
      verb: 'pause',
      subject: { views: names },
      request: { views: names },
      // A reason is free text, which may quote a value.
      requestOf: (paused: readonly ViewPaused[]) =>
        paused.some(({ view }) => view.redacted) ? { views: names } : { views: names, reason },
      resultOf: (paused: readonly ViewPaused[]) => ({
        views: paused.map(({ view, changed, superseded }) => ({ view: view.name, changed, superseded })),
      }),
    },
    async (session) => {
      const views = await requireViews(session, names);
      views.forEach(requireNotRetired);
      const pausing = { kind: 'person', reason, actor: actorName(actor) } as const;
      return eachInOrder(views, async ({ view }) => ({ view, ...(await pauseView(session, view.name, pausing)) }));
    },
  );
}

/** Resumes all of the views. Resuming a view that is not paused changes nothing. @throws Failure NOT_FOUND */
export async function resumeViews(
  deps: OperationDeps,
  actor: Actor,
  { views: names }: { readonly views: readonly string[] },
): Promise<ViewResumed[]> {
  return inOneStep(
    deps,
    actor,
    {
      verb: 'resume',
      subject: { views: names },
      request: { views: names },
      resultOf: (resumed: readonly ViewResumed[]) => ({
        views: resumed.map(({ view, changed, due, held }) => ({
          view: view.name,
          changed,
          due: due.length,
          held: held.length,
        })),
      }),
    },
    async (session) =>
      eachInOrder(await requireViews(session, names), async ({ view }) => ({
        view,
        ...(await resumeView(session, view.name)),
      })),
  );
}

/** The typed text as one line. */
function reasonOf(typed: string | null): string {
  const line = (typed ?? '').replaceAll(/\p{Cc}/gu, ' ').trim();
  return line === '' ? NO_REASON : line.slice(0, REASON_CHARACTERS_MAX).toWellFormed();
}

/** Does `work` in the order in which views are locked, and returns the results in the order of `views`. */
async function eachInOrder<T>(views: readonly AppliedView[], work: (applied: AppliedView) => Promise<T>): Promise<T[]> {
  const done = new Map<number, T>();
  for (const applied of views.toSorted((one, other) => one.id - other.id)) done.set(applied.id, await work(applied));
  return views.flatMap(({ id }) => done.get(id) ?? []);
}
