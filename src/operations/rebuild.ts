// rebuild: publishes every entity of a view again, and removes entities that the offline store does not have.
//
// The operation records a request. Unless the caller rebuilds immediately, the elected scheduler does so within a minute. The
// process that rebuilt the view removes the request.

import type { Actor } from '../core/actor.ts';
import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import { requestRebuild } from '../state/publishing/online-store.ts';
import type { AppliedView } from '../state/views/views.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { requireViews } from './views.ts';

/** Requests a rebuild of all of the views, or of none. @throws Failure NOT_FOUND, or ARGUMENT_INVALID for parts */
export async function rebuildViews(
  deps: OperationDeps,
  actor: Actor,
  { views: names }: { readonly views: readonly string[] },
): Promise<AppliedView[]> {
  return inOneStep(
    deps,
    actor,
    {
      verb: 'rebuild',
      subject: { views: names },
      request: { views: names },
      resultOf: (views: readonly AppliedView[]) => ({ views: views.map(({ view }) => view.name) }),
    },
    async (session) => {
      const views = await requireViews(session, names);
      views.forEach(requireOnline);
      await requestRebuild(
        session,
        views.map(({ id }) => id),
        'command',
      );
      return views;
    },
  );
}

/** @throws Failure ARGUMENT_INVALID for the parts of an incremental view, which are only in the offline store */
function requireOnline({ view: { name, partsOf } }: AppliedView): void {
  if (partsOf === undefined) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(name)} is never published to the online store. Rebuild the view that combines its rows instead: "${command(`millrace rebuild ${partsOf}`)}".`,
    { view: name },
  );
}
