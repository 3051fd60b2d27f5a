// POST /api/v1/views/{view}/run, pause, resume and restate.

import { createRoute } from '@hono/zod-openapi';
import { pauseViews, resumeViews } from '../../operations/pause.ts';
import { restate } from '../../operations/restate.ts';
import { runViews } from '../../operations/run.ts';
import { requireRole } from '../access/callers.ts';
import { ACCEPTED, accepted } from '../operate/accepted.ts';
import { actorOf, depsOf } from '../operate/actor.ts';
import { requireViewScope } from '../operate/scope.ts';
import type { AddRoute } from '../route.ts';
import {
  ALLOW_REMOVALS,
  jsonAnswer,
  NO_QUERY,
  optionalBody,
  problems,
  RANGE,
  rangeOf,
  SECURITY,
  VIEW_NAME,
  z,
} from '../schemas.ts';
import { emptyAsNoBody } from '../validation.ts';

const params = z.object({ view: VIEW_NAME });
const changedSchema = z
  .object({
    view: z.string(),
    changed: z.boolean().openapi({ description: 'False if the view was already in that state.' }),
  })
  .openapi('ViewChanged');

const runRoute = createRoute({
  method: 'post',
  path: '/api/v1/views/{view}/run',
  operationId: 'runView',
  tags: ['Operate'],
  summary: 'Run what is due for a view',
  security: SECURITY,
  request: { params, query: NO_QUERY },
  responses: { ...ACCEPTED, ...problems(409) },
});

const restateRoute = createRoute({
  method: 'post',
  path: '/api/v1/views/{view}/restate',
  operationId: 'restateView',
  tags: ['Operate'],
  summary: 'Read stored intervals of a view again',
  security: SECURITY,
  middleware: emptyAsNoBody,
  request: {
    params,
    query: NO_QUERY,
    body: optionalBody(z.strictObject({ ...RANGE, allow_removals: ALLOW_REMOVALS }).openapi('RestateRequest')),
  },
  responses: { ...ACCEPTED, ...problems(408, 409, 413, 415) },
});

const pauseRoute = createRoute({
  method: 'post',
  path: '/api/v1/views/{view}/pause',
  operationId: 'pauseView',
  tags: ['Operate'],
  summary: 'Pause a view: no new runs start',
  security: SECURITY,
  middleware: emptyAsNoBody,
  request: {
    params,
    query: NO_QUERY,
    body: optionalBody(z.strictObject({ reason: z.string().max(500).nullish() }).openapi('PauseRequest')),
  },
  responses: { 200: jsonAnswer(changedSchema, 'The view is paused'), ...problems(408, 409, 413, 415) },
});

const resumeRoute = createRoute({
  method: 'post',
  path: '/api/v1/views/{view}/resume',
  operationId: 'resumeView',
  tags: ['Operate'],
  summary: 'Resume a paused view',
  security: SECURITY,
  request: { params, query: NO_QUERY },
  responses: { 200: jsonAnswer(changedSchema, 'The view is not paused'), ...problems(409) },
});

export const addOperations: AddRoute = (app, context) => {
  app.openapi(runRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'operate');
    const { view } = c.req.valid('param');
    await requireViewScope(context, caller, view);
    const request = { views: [view], performer: 'workers' } as const;
    const { runs, delivery } = await runViews(depsOf(context), actorOf(caller), request);
    return accepted(c, { runs, backfill: null, delivery });
  });
  app.openapi(restateRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'operate');
    const { view } = c.req.valid('param');
    await requireViewScope(context, caller, view);
    const { allow_removals: allowRemovals = false, ...range } = c.req.valid('json');
    const request = { view, range: rangeOf(range), allowRemovals, performer: 'workers' } as const;
    const restated = await restate(depsOf(context), actorOf(caller), request);
    if (restated.kind === 'nothing') return accepted(c, { runs: [], backfill: null, delivery: { kind: 'delivered' } });
    return accepted(c, { runs: restated.runs, backfill: null, delivery: restated.delivery });
  });
  app.openapi(pauseRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'operate');
    const { view } = c.req.valid('param');
    await requireViewScope(context, caller, view);
    const { reason = null } = c.req.valid('json');
    const paused = await pauseViews(depsOf(context), actorOf(caller), { views: [view], reason });
    context.views.forget();
    return c.json({ view, changed: isChanged(paused) }, 200);
  });
  app.openapi(resumeRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'operate');
    const { view } = c.req.valid('param');
    await requireViewScope(context, caller, view);
    const resumed = await resumeViews(depsOf(context), actorOf(caller), { views: [view] });
    context.views.forget();
    return c.json({ view, changed: isChanged(resumed) }, 200);
  });
};

/** Of an incremental view: whether it or its parts changed. */
function isChanged(views: readonly { readonly changed: boolean }[]): boolean {
  return views.some(({ changed }) => changed);
}
