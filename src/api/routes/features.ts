// FStore's routes: one value of a feature, or many values of several. A feature is a pushed view of one feature.

import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AppliedView } from '../../state/views/views.ts';
import { requireRole } from '../access/callers.ts';
import type { ApiContext, ApiEnv } from '../context.ts';
import { bytesOf } from '../memory/body.ts';
import { Problem } from '../problem.ts';
import { digestOfBytes, inTurns, JSON_MEDIA, parseBody, requireMedia } from '../push/body.ts';
import { createCollector } from '../push/collect.ts';
import { answerPush, type PushedRows, type Stored, storePush } from '../push/push.ts';
import { repeatedPush } from '../push/repeat.ts';
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
  responses: { 200: jsonAnswer(pushSchema, 'The value is stored'), ...problems(408, 413, 415, 422) },
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
  responses: { 200: jsonAnswer(pushSchema, 'All values are stored'), ...problems(408, 413, 415, 422) },
});

export const addFeatures: AddRoute = (app, context) => {
  // First: `batch` is also a name.
  app.openapi(batchRoute, async (c) => {
    requireRole(c.get('caller'), 'push');
    const stored = await storeBatch(c, context, c.req.valid('header')['idempotency-key']);
    c.get('body').free();
    const waiting = { wait: c.req.valid('query').wait, signal: c.get('stopped') };
    return c.json(await answerPush(context, stored, waiting), 200);
  });
  app.openapi(oneRoute, async (c) => {
    requireRole(c.get('caller'), 'push');
    const asked = { feature: c.req.valid('param').feature, key: c.req.valid('header')['idempotency-key'] };
    const stored = await storeValue(c, context, asked);
    c.get('body').free();
    const waiting = { wait: c.req.valid('query').wait, signal: c.get('stopped') };
    return c.json(await answerPush(context, stored, waiting), 200);
  });
};

async function storeBatch(c: Context<ApiEnv>, context: ApiContext, key: string | undefined): Promise<Stored> {
  const caller = c.get('caller');
  requireMedia(c, [JSON_MEDIA]);
  const bytes = await bytesOf(c);
  const values = featureValues(parseBody(bytes), context.limits.rows);
  const features = [...new Set(values.map(({ feature }) => feature))];
  const pushKey = key === undefined ? null : { key, digest: digestOf('batch', digestOfBytes(bytes)) };
  const repeated = await repeatedPush(context, caller, { views: features, key: pushKey });
  if (repeated !== null) return repeated;
  const rows = new Map<string, PushedRows>();
  for (const feature of features) {
    rows.set(feature, rowsOf(context, await requireFeature(context, caller, feature)));
  }
  await inTurns(context.clock, values, ({ feature, row }, place) => rows.get(feature)?.collector.add(row, place));
  return await storePush(context, caller, {
    rows: [...rows.values()],
    refused: 'none',
    sent: 'values',
    key: pushKey,
  });
}

type OneAsked = { readonly feature: string; readonly key: string | undefined };

async function storeValue(c: Context<ApiEnv>, context: ApiContext, { feature, key }: OneAsked): Promise<Stored> {
  const caller = c.get('caller');
  requireMedia(c, [JSON_MEDIA]);
  const bytes = await bytesOf(c);
  const pushKey = key === undefined ? null : { key, digest: digestOf(feature, digestOfBytes(bytes)) };
  const repeated = await repeatedPush(context, caller, { views: [feature], key: pushKey });
  if (repeated !== null) return repeated;
  const rows = rowsOf(context, await requireFeature(context, caller, feature));
  rows.collector.add(parseBody(bytes), 0);
  return await storePush(context, caller, {
    rows: [rows],
    refused: 'none',
    sent: 'value',
    key: pushKey,
  });
}

function rowsOf({ views }: ApiContext, applied: AppliedView): PushedRows {
  return { applied, collector: createCollector({ view: applied.view, nowMs: views.now(), unsent: 'column' }) };
}

type FeatureValue = { readonly feature: string; readonly row: object };

/** @throws Problem REQUEST_INVALID or BODY_TOO_LARGE */
function featureValues(body: unknown, rowsMax: number): FeatureValue[] {
  if (!Array.isArray(body) || body.length === 0) throw notAList();
  if (body.length > rowsMax) throw tooMany(rowsMax);
  return body.map(featureValue);
}

/** The feature of an element, and its row without it. @throws Problem REQUEST_INVALID */
function featureValue(one: unknown, place: number): FeatureValue {
  if (typeof one === 'object' && one !== null && 'feature_id' in one) {
    const { feature_id: feature, ...row } = one;
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
