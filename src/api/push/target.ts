// The view that rows are pushed to.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { kindOf } from '../../state/views/no-intervals.ts';
import type { AppliedView } from '../../state/views/views.ts';
import { requireScope } from '../access/callers.ts';
import type { ApiContext, Caller } from '../context.ts';
import { Problem } from '../problem.ts';

const PAUSED_RETRY_AFTER_S = '60';

/** @throws Failure NOT_FOUND; Problem VIEW_FORBIDDEN, VIEW_PAUSED, INBOX_FULL */
export async function requirePushable(context: ApiContext, caller: Caller, name: string): Promise<AppliedView> {
  const applied = await context.views.requireApplied(name, caller);
  const { view, pause } = applied;
  requireScope(caller, view);
  if (view.kind !== 'pushed') {
    throw new Failure(
      'NOT_FOUND',
      text`${kindOf(view)}, so its rows come from its source. Only views of kind pushed accept pushed rows.`,
      { view: name },
    );
  }
  if (pause !== null) {
    throw new Problem('VIEW_PAUSED', `${name} is paused, so it accepts no rows: try again later, or resume it.`, {
      status: 503,
      headers: { 'retry-after': PAUSED_RETRY_AFTER_S },
    });
  }
  await context.inboxLimit({ id: applied.id, name });
  return applied;
}

/** The pushed view of one feature that FStore's routes name. @throws Failure NOT_FOUND; Problem as requirePushable */
export async function requireFeature(context: ApiContext, caller: Caller, name: string): Promise<AppliedView> {
  const applied = await requirePushable(context, caller, name);
  if (applied.view.features.length === 1) return applied;
  throw new Failure(
    'NOT_FOUND',
    text`${safe(name)} has more than one feature: push its rows to ${safe(`/api/v1/views/${name}/rows`)}.`,
    { view: name },
  );
}
