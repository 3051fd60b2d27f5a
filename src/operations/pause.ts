// pause and resume of views; an incremental view is paused and resumed with its parts.

import { type Actor, actorName } from '../core/actor.ts';
import type { FeatureView } from '../definition/view.ts';
import { type Paused, pauseView, type Resumed, requireNotRetired, resumeView } from '../state/views/pause.ts';
import type { AppliedView } from '../state/views/views.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { isOfNames, requestOf, type Selected, selectionOf, selectViews } from './select-views.ts';
import { withPartsOf } from './views.ts';

/** `reason` is the text that a person typed; null or blank without one. */
export type PauseRequest = Selected & { readonly reason: string | null };

export type ViewPaused = Paused & { readonly view: FeatureView };
export type ViewResumed = Resumed & { readonly view: FeatureView };

const REASON_CHARACTERS_MAX = 500;
const NO_REASON = 'paused by hand';

/**
 * Pauses all of the selected views, or none if one of them cannot be paused. Pausing again changes nothing.
 *
 * @throws Failure as selectViews, or ARGUMENT_INVALID for a retired view
 */
export async function pauseViews(
  deps: OperationDeps,
  actor: Actor,
  { reason: typed, ...selected }: PauseRequest,
): Promise<ViewPaused[]> {
  const reason = reasonOf(typed);
  const selection = selectionOf(selected);
  const request = requestOf(selection);
  return inOneStep(
    deps,
    actor,
    {
      verb: 'pause',
      subject: { views: selection.views },
      subjectOf: (paused: readonly ViewPaused[]) => ({ views: paused.map(({ view }) => view.name) }),
      request,
      // A reason is free text, which may quote a value.
      requestOf: (paused: readonly ViewPaused[]) =>
        paused.some(({ view }) => view.redacted) ? request : { ...request, reason },
      resultOf: (paused: readonly ViewPaused[]) => ({
        views: paused.map(({ view, changed, superseded }) => ({ view: view.name, changed, superseded })),
      }),
    },
    async (session) => {
      const views = await withPartsOf(session, await selectViews(session, selection));
      views.forEach(requireNotRetired);
      const pausing = { kind: 'person', reason, actor: actorName(actor) } as const;
      return eachInOrder(views, async ({ view }) => ({ view, ...(await pauseView(session, view.name, pausing)) }));
    },
  );
}

/**
 * Resumes the selected views. Named views may be running, which changes nothing; of a tag, a source or all views, only
 * the paused ones are resumed.
 *
 * @throws Failure as selectViews
 */
export async function resumeViews(deps: OperationDeps, actor: Actor, selected: Selected): Promise<ViewResumed[]> {
  const selection = selectionOf(selected);
  return inOneStep(
    deps,
    actor,
    {
      verb: 'resume',
      subject: { views: selection.views },
      subjectOf: (resumed: readonly ViewResumed[]) => ({ views: resumed.map(({ view }) => view.name) }),
      request: requestOf(selection),
      resultOf: (resumed: readonly ViewResumed[]) =>
        resumed.length === 0
          ? null
          : {
              views: resumed.map(({ view, changed, due, held }) => ({
                view: view.name,
                changed,
                due: due.length,
                held: held.length,
              })),
            },
    },
    async (session) => {
      const found = await withPartsOf(session, await selectViews(session, selection));
      const views = isOfNames(selection) ? found : found.filter(({ pause }) => pause !== null);
      return eachInOrder(views, async ({ view }) => ({ view, ...(await resumeView(session, view.name)) }));
    },
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
