// FStore's routes: one value of a feature, or many values of several. A feature is a pushed view of one feature.

import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AppliedView } from '../../state/views/views.ts';
import { requireRole } from '../access/callers.ts';
import type { ApiContext, ApiEnv } from '../context.ts';
import { Problem } from '../problem.ts';
import { bodyBytes, readJson } from '../push/body.ts';
import { createCollector } from '../push/collect.ts';
import { answerPush, type PushedRows, type Stored, storePush } from '../push/push.ts';
import { requireFeature } from '../push/target.ts';
import type { AddRoute } from '../route.ts';
import { jsonAnswer, problems, SECURITY, VIEW_NAME, z } from '../schemas.ts';
import { digestOf, IDEMPOTENCY_KEY, pushQuery, pushSchema, tooMany } from './rows.ts';

const VALUE = {
  entity_id: { type: 'string' as const, example: 'customer_123' },
  value: { description: 'The value, in the type of the feature.' },
  timestamp: {
    type: 'string' as const,
    description: 'ISO format; UTC without an offset.',
    example: '2024-02-20T22:39:38Z',
  },
};
const headers = z.object({ 'idempotency-key': IDEMPOTENCY_KEY });
const REQUIRED = ['entity_id', 'value', 'timestamp'];

const oneRoute = createRoute({
  method: 'post',
  path: '/api/v1/features/{feature}/values',
  operationId: 'pushValue',
  tags: ['Push'],
  summary: 'Push one value of a feature',
  description: 'The feature is a view of kind pushed with one feature.',
  security: SECURITY,
  request: {
    params: z.object({ feature: VIEW_NAME }),
    query: pushQuery,
    headers,
    body: {
      required: true,
      content: { 'application/json': { schema: { type: 'object', required: REQUIRED, properties: VALUE } } },
    },
  },
  responses: { 200: jsonAnswer(pushSchema, 'The value is stored'), ...problems(413, 415, 422) },
});

const batchRoute = createRoute({
  method: 'post',
  path: '/api/v1/features/batch',
  operationId: 'pushValues',
  tags: ['Push'],
  summary: 'Push values of several features, all or none',
  security: SECURITY,
  request: {
    query: pushQuery,
    headers,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['feature_id', ...REQUIRED],
              properties: { feature_id: { type: 'string' }, ...VALUE },
            },
          },
        },
      },
    },
  },
  responses: { 200: jsonAnswer(pushSchema, 'All values are stored'), ...problems(413, 415, 422) },
});

export const addFeatures: AddRoute = (app, context) => {
  // First: `batch` is also a name.
  app.openapi(batchRoute, async (c) => {
    requireRole(c.get('caller'), 'push');
    const stored = await storeBatch(c, context, c.req.valid('header')['idempotency-key']);
    return c.json(await answerPush(context, stored, c.req.valid('query').wait), 200);
  });
  app.openapi(oneRoute, async (c) => {
    requireRole(c.get('caller'), 'push');
    const applied = await requireFeature(context, c.get('caller'), c.req.valid('param').feature);
    const stored = await storeValue(c, context, { applied, key: c.req.valid('header')['idempotency-key'] });
    return c.json(await answerPush(context, stored, c.req.valid('query').wait), 200);
  });
};

async function storeBatch(c: Context<ApiEnv>, context: ApiContext, key: string | undefined): Promise<Stored> {
  using _room = context.bodies.take(bodyBytes(c));
  const caller = c.get('caller');
  const { value, digest } = await readJson(c);
  if (!Array.isArray(value) || value.length === 0) throw notAList();
  if (value.length > context.limits.rows) throw tooMany(context.limits.rows);
  const rows = new Map<string, PushedRows>();
  for (const [place, one] of value.entries()) {
    const { feature, row } = featureValue(one, place);
    const known = rows.get(feature) ?? rowsOf(context, await requireFeature(context, caller, feature));
    rows.set(feature, known);
    known.collector.add(row, place);
  }
  return await storePush(context, caller, {
    rows: [...rows.values()],
    refused: 'none',
    key: key === undefined ? null : { key, digest: digestOf('batch', digest) },
  });
}

type OneAsked = { readonly applied: AppliedView; readonly key: string | undefined };

async function storeValue(c: Context<ApiEnv>, context: ApiContext, { applied, key }: OneAsked): Promise<Stored> {
  using _room = context.bodies.take(bodyBytes(c));
  const { value, digest } = await readJson(c);
  const rows = rowsOf(context, applied);
  rows.collector.add(value, 0);
  return await storePush(context, c.get('caller'), {
    rows: [rows],
    refused: 'none',
    key: key === undefined ? null : { key, digest: digestOf(applied.view.name, digest) },
  });
}

function rowsOf({ clock }: ApiContext, applied: AppliedView): PushedRows {
  return { applied, collector: createCollector({ view: applied.view, nowMs: clock.now(), unsent: 'column' }) };
}

/** The feature of an element, and its row without it. @throws Problem REQUEST_INVALID */
function featureValue(one: unknown, place: number): { readonly feature: string; readonly row: object } {
  if (typeof one === 'object' && one !== null && Object.hasOwn(one, 'feature_id')) {
    const { feature_id: feature, ...row } = one as { readonly feature_id: unknown }; // it has this member
    if (typeof feature === 'string') return { feature, row };
  }
  throw new Problem(
    'REQUEST_INVALID',
    `The element ${place} has no feature_id: expected {"feature_id": …, "entity_id": …, "value": …, "timestamp": …}.`,
  );
}

function notAList(): Problem {
  return new Problem(
    'REQUEST_INVALID',
    'The body is not a list of values: expected [{"feature_id": …, "entity_id": …, "value": …, "timestamp": …}].',
  );
}
