// GET /api/v1/runs and POST /api/v1/runs/{id}/retry.

import { createRoute } from '@hono/zod-openapi';
import { retryRuns } from '../../operations/retry.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import { RUN_STATES } from '../../state/runs/states.ts';
import { requireRole } from '../access/callers.ts';
import { ACCEPTED, accepted } from '../operate/accepted.ts';
import { actorOf, depsOf } from '../operate/actor.ts';
import { runJson, runSchema } from '../operate/schemas.ts';
import { findRun, requireRun, requireViewScope, viewsInScope } from '../operate/scope.ts';
import type { AddRoute } from '../route.ts';
import {
  ALLOW_REMOVALS,
  ID,
  jsonAnswer,
  LIMIT,
  NO_QUERY,
  optionalBody,
  problems,
  SECURITY,
  VIEW_NAME,
  z,
} from '../schemas.ts';
import { emptyAsNoBody } from '../validation.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs',
  operationId: 'listRuns',
  tags: ['Operate'],
  summary: 'List the newest runs',
  security: SECURITY,
  request: {
    query: z.strictObject({ view: VIEW_NAME.optional(), state: z.enum(RUN_STATES).optional(), limit: LIMIT }),
  },
  responses: { 200: jsonAnswer(z.object({ runs: z.array(runSchema) }), 'Runs, newest first'), ...problems() },
});

const showRoute = createRoute({
  method: 'get',
  path: '/api/v1/runs/{id}',
  operationId: 'getRun',
  tags: ['Operate'],
  summary: 'Show one run',
  security: SECURITY,
  request: { params: z.object({ id: ID }), query: NO_QUERY },
  responses: { 200: jsonAnswer(runSchema, 'The run'), ...problems() },
});

const retrySchema = z
  .strictObject({
    allow_removals: ALLOW_REMOVALS,
    accept_checks: z.boolean().optional().openapi({
      description:
        'Store the rows even if they fail the checks that failed this run; false by default. All other checks are evaluated as usual.',
    }),
  })
  .openapi('RetryRequest');

const retryRoute = createRoute({
  method: 'post',
  path: '/api/v1/runs/{id}/retry',
  operationId: 'retryRun',
  tags: ['Operate'],
  summary: 'Retry a failed or cancelled run',
  security: SECURITY,
  middleware: emptyAsNoBody,
  request: { params: z.object({ id: ID }), query: NO_QUERY, body: optionalBody(retrySchema) },
  responses: { ...ACCEPTED, ...problems(408, 409, 413, 415) },
});

export const addRuns: AddRoute = (app, context) => {
  app.openapi(listRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    const { view, state, limit } = c.req.valid('query');
    if (view !== undefined) await requireViewScope(context, caller, (await context.views.require(view, caller)).name);
    const states = state === undefined ? {} : { states: [state] };
    const views = await viewsInScope(context, caller);
    const runs = await runOverviews(context.reads, { view: view ?? null, views, limit, ...states });
    return c.json({ runs: runs.map(runJson) }, 200);
  });
  app.openapi(showRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    return c.json(runJson(await requireRun(context, caller, c.req.valid('param').id)), 200);
  });
  app.openapi(retryRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'operate');
    const { id } = c.req.valid('param');
    await findRun(context, caller, id);
    const { allow_removals: allowRemovals = false, accept_checks: acceptChecks = false } = c.req.valid('json');
    const request = { runs: [id], allowRemovals, acceptChecks, performer: 'workers' } as const;
    const { runs, delivery } = await retryRuns(depsOf(context), actorOf(caller), request);
    return accepted(c, { runs, backfill: null, delivery });
  });
};
