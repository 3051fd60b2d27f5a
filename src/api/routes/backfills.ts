// GET /api/v1/backfills, and POST to start, pause, resume or cancel one.

import { createRoute } from '@hono/zod-openapi';
import { cancelBackfill, pauseBackfill, resumeBackfill } from '../../operations/backfill-control.ts';
import { BACKFILL_DEFAULTS, startBackfill } from '../../operations/backfill-start.ts';
import { backfillOverviews } from '../../state/backfills/overview.ts';
import { requireRole } from '../access/callers.ts';
import { ACCEPTED, accepted } from '../operate/accepted.ts';
import { actorOf, depsOf } from '../operate/actor.ts';
import { backfillJson, backfillSchema } from '../operate/schemas.ts';
import { findBackfill, requireBackfill, requireViewScope, viewsInScope } from '../operate/scope.ts';
import type { AddRoute } from '../route.ts';
import {
  ALLOW_REMOVALS,
  ID,
  jsonAnswer,
  LIMIT,
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

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/backfills',
  operationId: 'listBackfills',
  tags: ['Operate'],
  summary: 'List backfills',
  security: SECURITY,
  request: { query: z.strictObject({ view: VIEW_NAME.optional(), limit: LIMIT }) },
  responses: {
    200: jsonAnswer(z.object({ backfills: z.array(backfillSchema) }), 'Backfills, open ones first'),
    ...problems(),
  },
});

const showRoute = createRoute({
  method: 'get',
  path: '/api/v1/backfills/{id}',
  operationId: 'getBackfill',
  tags: ['Operate'],
  summary: 'Show one backfill',
  security: SECURITY,
  request: { params: z.object({ id: ID }), query: NO_QUERY },
  responses: { 200: jsonAnswer(backfillSchema, 'The backfill'), ...problems() },
});

const startRoute = createRoute({
  method: 'post',
  path: '/api/v1/views/{view}/backfill',
  operationId: 'startBackfill',
  tags: ['Operate'],
  summary: 'Backfill a range of a view',
  security: SECURITY,
  middleware: emptyAsNoBody,
  request: {
    params: z.object({ view: VIEW_NAME }),
    query: NO_QUERY,
    body: optionalBody(
      z
        .strictObject({
          ...RANGE,
          mode: z.enum(['missing', 'failed', 'all']).optional().openapi({ description: '`missing` by default.' }),
          allow_removals: ALLOW_REMOVALS,
        })
        .openapi('BackfillRequest'),
    ),
  },
  responses: { ...ACCEPTED, ...problems(408, 409, 413, 415) },
});

const controlRoute = createRoute({
  method: 'post',
  path: '/api/v1/backfills/{id}/{control}',
  operationId: 'controlBackfill',
  tags: ['Operate'],
  summary: 'Pause, resume or cancel a backfill',
  security: SECURITY,
  request: { params: z.object({ id: ID, control: z.enum(['pause', 'resume', 'cancel']) }), query: NO_QUERY },
  responses: { 200: jsonAnswer(backfillSchema, 'The backfill as it is now'), ...problems(409) },
});

export const addBackfills: AddRoute = (app, context) => {
  app.openapi(listRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    const { view, limit } = c.req.valid('query');
    if (view !== undefined) await requireViewScope(context, caller, (await context.views.require(view, caller)).name);
    const views = await viewsInScope(context, caller);
    const all = await backfillOverviews(context.reads, { view: view ?? null, views, limit });
    return c.json({ backfills: all.map(backfillJson) }, 200);
  });
  app.openapi(showRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    return c.json(backfillJson(await requireBackfill(context, caller, c.req.valid('param').id)), 200);
  });
  app.openapi(startRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'operate');
    const { view } = c.req.valid('param');
    await requireViewScope(context, caller, view);
    const { mode = 'missing', allow_removals: allowRemovals = false, ...range } = c.req.valid('json');
    const { backfill, delivery } = await startBackfill(depsOf(context), actorOf(caller), {
      view,
      range: rangeOf(range),
      mode,
      ...BACKFILL_DEFAULTS,
      allowRemovals,
      performer: 'workers',
    });
    return accepted(c, { runs: [], backfill, delivery });
  });
  app.openapi(controlRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'operate');
    const { id, control } = c.req.valid('param');
    await findBackfill(context, caller, id);
    const [deps, actor] = [depsOf(context), actorOf(caller)];
    if (control === 'pause') await pauseBackfill(deps, actor, { backfill: id });
    else if (control === 'cancel') await cancelBackfill(deps, actor, { backfill: id });
    else await resumeBackfill(deps, actor, { backfill: id, performer: 'workers' });
    return c.json(backfillJson(await requireBackfill(context, caller, id)), 200);
  });
};
