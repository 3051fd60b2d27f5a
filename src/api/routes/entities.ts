// GET /api/v1/views/{view}/entities/{id}: one entity in one view.

import { createRoute } from '@hono/zod-openapi';
import { requireRole } from '../access/callers.ts';
import { jsonResponse } from '../json-response.ts';
import { readFeatures } from '../read/read-online.ts';
import type { AddRoute } from '../route.ts';
import { ENTITY_ID, jsonAnswer, NUMBERS, problems, SECURITY, VIEW_NAME, z } from '../schemas.ts';
import { rowSchema } from './online.ts';

const route = createRoute({
  method: 'get',
  path: '/api/v1/views/{view}/entities/{id}',
  operationId: 'readEntity',
  tags: ['Read'],
  summary: 'Read all features of one entity in one view',
  security: SECURITY,
  request: { params: z.object({ view: VIEW_NAME, id: ENTITY_ID }), query: z.strictObject({ numbers: NUMBERS }) },
  responses: { 200: jsonAnswer(rowSchema, 'The features of the entity, even if it has no row'), ...problems() },
});

export const addEntities: AddRoute = (app, context) => {
  app.openapi(route, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    const { view: name, id } = c.req.valid('param');
    const { numbers } = c.req.valid('query');
    const { entity } = await context.views.require(name, caller);
    const request = { features: [name], service: null, entities: { [entity]: [id] }, numbers };
    const { rows } = await readFeatures(c, context, request);
    const [row] = rows;
    if (row === undefined) throw new Error('a read of one entity returned no row');
    return jsonResponse(c, rowSchema, row);
  });
};
