// POST /api/v1/online: the newest values of features, for predictions.

import { createRoute } from '@hono/zod-openapi';
import type { Service } from '../../definition/service.ts';
import { nearestWord } from '../../definition/yaml/nearest.ts';
import { requireRole } from '../access/callers.ts';
import type { ApiContext } from '../context.ts';
import { jsonResponse } from '../json-response.ts';
import { CELLS_MAX } from '../memory/cells.ts';
import { Problem } from '../problem.ts';
import { readFeatures } from '../read/read-online.ts';
import type { AddRoute } from '../route.ts';
import {
  cellSchema,
  ENTITY_KEY,
  FEATURE_REF,
  jsonAnswer,
  jsonBody,
  NUMBERS,
  PARTS,
  problems,
  SECURITY,
  smallRecord,
  VIEW_NAME,
  z,
} from '../schemas.ts';
import { inUtf8 } from '../validation.ts';

const FEATURES_MAX = 1_000;
const IDS_MAX = 1_000;
const ENTITIES_MAX = 20;
/** More than the names of five parts have. */
const ENTITY_CHARACTERS_MAX = 250;

export const rowSchema = z
  .object({ entity: z.string(), id: z.string(), parts: PARTS, features: z.record(z.string(), cellSchema) })
  .openapi('EntityFeatures');

const requestSchema = z
  .strictObject({
    features: z.array(FEATURE_REF).min(1).max(FEATURES_MAX).optional(),
    service: VIEW_NAME.optional().openapi({
      description: 'The name of a feature service, instead of `features`.',
      example: 'checkout',
    }),
    entities: smallRecord(z.record(z.string().max(ENTITY_CHARACTERS_MAX), z.array(ENTITY_KEY).min(1).max(IDS_MAX)), {
      max: ENTITIES_MAX,
      what: 'entities',
    }).openapi({
      description:
        'The ids to read, by entity. A composite entity is named by its components, such as `customer|product`.',
      example: { customer: ['17', '18'] },
    }),
  })
  .refine(
    ({ features, service }) => (features === undefined) !== (service === undefined),
    'expected either "features" or "service"',
  )
  .openapi('OnlineRequest');

const answerSchema = z
  .object({
    now: z.string().openapi({ description: 'The time at which ages and ttl were evaluated.' }),
    rows: z.array(rowSchema),
  })
  .openapi('OnlineResponse');

const route = createRoute({
  method: 'post',
  path: '/api/v1/online',
  operationId: 'readOnline',
  tags: ['Read'],
  summary: 'Read the newest values of features from the online store',
  description: `A request can ask for at most ${CELLS_MAX} values (entities times features).`,
  security: SECURITY,
  middleware: inUtf8,
  request: { query: z.strictObject({ numbers: NUMBERS }), body: jsonBody(requestSchema) },
  responses: {
    200: jsonAnswer(answerSchema, 'One row per entity, in the order of the request'),
    ...problems(408, 413, 415),
  },
});

export const addOnline: AddRoute = (app, context) => {
  app.openapi(route, async (c) => {
    requireRole(c.get('caller'), 'read');
    const { features, service: name, entities } = c.req.valid('json');
    const service = name === undefined ? null : requireService(context, name);
    const refs = service === null ? (features ?? []) : service.features.map(({ feature }) => feature);
    const { numbers } = c.req.valid('query');
    const { now, rows } = await readFeatures(c, context, { features: refs, service, entities, numbers });
    return jsonResponse(c, answerSchema, `{"now":"${now}","rows":[${rows.join(',')}]}`);
  });
};

function requireService({ services }: ApiContext, name: string): Service {
  const found = services.get(name);
  if (found !== undefined) return found;
  const known = [...services.keys()];
  const nearest = nearestWord(name, known);
  const hint =
    nearest === null ? `the services are ${known.slice(0, 8).join(', ') || '(none)'}.` : `did you mean ${nearest}?`;
  throw new Problem('NOT_FOUND', `There is no service ${name} in the services/ folder of this process: ${hint}`);
}
