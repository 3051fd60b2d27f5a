// GET /api/v1/views: the deployed views with their features and states.

import { createRoute } from '@hono/zod-openapi';
import { pauseText } from '../../presentation/failures.ts';
import { isoOf } from '../../presentation/format.ts';
import { type ViewOverview, viewOverviews } from '../../state/queries/view-overview.ts';
import { lagMs, stateOf } from '../../state/views/view-state.ts';
import { requireRole, requireScope } from '../access/callers.ts';
import type { AddRoute } from '../route.ts';
import { jsonAnswer, NO_QUERY, problems, SECURITY, VIEW_NAME, z } from '../schemas.ts';

const viewSchema = z
  .object({
    name: z.string(),
    kind: z.string(),
    entity: z.string().openapi({ description: 'The entity; the components of a composite one are joined by `|`.' }),
    description: z.string(),
    tags: z.array(z.string()),
    features: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
    state: z.string().openapi({ description: 'The state that `millrace status` shows.' }),
    paused: z.string().nullable().openapi({ description: 'Why the view is paused; null if it is not.' }),
    watermark: z.string().nullable(),
    lag_seconds: z.number().nullable(),
    rows: z.int(),
    open_runs: z.int(),
    last_run: z.object({ id: z.int(), state: z.string(), at: z.string().nullable() }).nullable(),
  })
  .openapi('View');

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/views',
  operationId: 'listViews',
  tags: ['Operate'],
  summary: 'List the deployed views with their features and states',
  security: SECURITY,
  request: { query: NO_QUERY },
  responses: {
    200: jsonAnswer(z.object({ views: z.array(viewSchema) }), 'The views that the token can use'),
    ...problems(),
  },
});

const showRoute = createRoute({
  method: 'get',
  path: '/api/v1/views/{view}',
  operationId: 'getView',
  tags: ['Operate'],
  summary: 'Show one view',
  security: SECURITY,
  request: { params: z.object({ view: VIEW_NAME }), query: NO_QUERY },
  responses: { 200: jsonAnswer(viewSchema, 'The view'), ...problems() },
});

export const addViews: AddRoute = (app, { reads, views }) => {
  app.openapi(listRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    const all = (await viewOverviews(reads)).filter(
      ({ view, retired }) => !retired && view.partsOf === undefined && caller.mayUse(view),
    );
    return c.json({ views: all.map(viewJson) }, 200);
  });
  app.openapi(showRoute, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    const view = await views.require(c.req.valid('param').view, caller);
    requireScope(caller, view);
    const [overview] = await viewOverviews(reads, [view.name]);
    if (overview === undefined) throw new Error('a deployed view has no overview');
    return c.json(viewJson(overview), 200);
  });
};

function viewJson(overview: ViewOverview): z.infer<typeof viewSchema> {
  const { view, pause, watermark, lastRun } = overview;
  const lag = lagMs(overview);
  return {
    name: view.name,
    kind: view.kind,
    entity: view.entity,
    description: view.description,
    tags: [...view.tags],
    features: view.features.map(({ name, type, nullable }) => ({ name, type, nullable })),
    state: stateOf(overview),
    paused: pause === null ? null : pauseText(pause),
    watermark: isoOf(watermark),
    lag_seconds: lag === null ? null : lag / 1_000,
    rows: overview.rows ?? 0,
    open_runs: overview.openRuns,
    last_run: lastRun && { id: lastRun.id, state: lastRun.state, at: isoOf(lastRun.at) },
  };
}
