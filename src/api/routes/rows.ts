// POST /api/v1/views/{view}/rows: many rows of a pushed view.

import { createHash } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requireRole } from '../access/callers.ts';
import type { ApiContext, ApiEnv } from '../context.ts';
import { bytesOf, NDJSON } from '../memory/body.ts';
import { Problem } from '../problem.ts';
import { digestOfBytes, inTurns, JSON_MEDIA, parseBody, readLines, requireMedia } from '../push/body.ts';
import { type Collector, createCollector } from '../push/collect.ts';
import { answerPush, type Stored, storePush } from '../push/push.ts';
import { repeatedPush } from '../push/repeat.ts';
import { requirePushable } from '../push/target.ts';
import { WAITS } from '../push/waits.ts';
import type { AddRoute } from '../route.ts';
import { jsonAnswer, problems, SECURITY, VIEW_NAME, z } from '../schemas.ts';

export const pushQuery = z.strictObject({
  wait: z.enum(WAITS).default('stored').openapi({
    description: '`stored`: durable in the inbox. `committed`: in the offline store. `published`: in the online store.',
  }),
});

export const IDEMPOTENCY_KEY = z
  .string()
  .regex(/^[!-~]{1,255}$/, 'expected 1 to 255 visible ASCII characters')
  .optional()
  .openapi({
    description: 'Repeating a request with the same key returns the same response. Keys are kept for 24 hours.',
  });

export const pushSchema = z
  .object({
    accepted: z.int(),
    refused: z.int(),
    refusals: z
      .array(z.object({ row: z.int(), reason: z.string(), detail: z.string() }))
      .openapi({ description: 'The first 1,000 refused rows, by their position in the request, counting from 0.' }),
    status: z.enum(WAITS),
    quarantined: z.int().optional().openapi({
      description:
        'If `status` is `committed` or `published`: how many of the accepted rows are in quarantine instead, because they fail a check of the view or no longer match the view after an edit.',
    }),
  })
  .openapi('PushResponse');

const ROW = {
  type: 'object' as const,
  required: ['timestamp'],
  properties: {
    entity_id: { type: ['string', 'integer'] as ('string' | 'integer')[] },
    timestamp: { type: 'string' as const, example: '2026-11-20T18:04:11Z' },
  },
  description:
    'A row: `entity_id`, `timestamp`, and a member per feature. A row of a composite entity has a member per component, such as `customer_id` and `product_id`, or `entity_id` with the joined components.',
};

const route = createRoute({
  method: 'post',
  path: '/api/v1/views/{view}/rows',
  operationId: 'pushRows',
  tags: ['Push'],
  summary: 'Push rows to a view of kind pushed',
  description: 'Stores all rows or none. With `partial=true`, stores the rows that pass the row check.',
  security: SECURITY,
  request: {
    params: z.object({ view: VIEW_NAME }),
    query: pushQuery.extend({ partial: z.enum(['true', 'false']).default('false') }),
    headers: z.object({ 'idempotency-key': IDEMPOTENCY_KEY }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['rows'],
            properties: { rows: { type: 'array', items: ROW, minItems: 1 } },
          },
        },
        [NDJSON]: { schema: { type: 'string', description: 'One row per line.' } },
      },
    },
  },
  responses: { 200: jsonAnswer(pushSchema, 'The rows are stored'), ...problems(408, 413, 415, 422) },
});

export const addRows: AddRoute = (app, context) => {
  app.openapi(route, async (c) => {
    requireRole(c.get('caller'), 'push');
    const { view } = c.req.valid('param');
    const { wait, partial } = c.req.valid('query');
    const key = c.req.valid('header')['idempotency-key'];
    const stored = await storeRows(c, context, { view, refused: partial === 'true' ? 'some' : 'none', key });
    c.get('body').free();
    return c.json(await answerPush(context, stored, { wait, signal: c.get('stopped') }), 200);
  });
};

type Asked = { readonly view: string; readonly refused: 'none' | 'some'; readonly key: string | undefined };

async function storeRows(c: Context<ApiEnv>, context: ApiContext, { view, refused, key }: Asked): Promise<Stored> {
  const caller = c.get('caller');
  const media = requireMedia(c, [JSON_MEDIA, NDJSON]);
  // The digest of a request with a key covers all bytes, so they are in memory.
  const bytes = media === NDJSON && key === undefined ? null : await bytesOf(c);
  const pushKey =
    key === undefined || bytes === null ? null : { key, digest: digestOf(view, refused, digestOfBytes(bytes)) };
  const repeated = await repeatedPush(context, caller, { views: [view], key: pushKey });
  if (repeated !== null) return repeated;
  const applied = await requirePushable(context, caller, view);
  const collector = createCollector({ view: applied.view, nowMs: context.views.now(), unsent: 'name' });
  await collect(context, collector, media, bytes === null ? c.get('body').pieces() : [bytes]);
  return await storePush(context, caller, { rows: [{ applied, collector }], refused, sent: 'rows', key: pushKey });
}

type Pieces = AsyncIterable<Uint8Array> | readonly [Uint8Array];

/** Collects the rows of a body: lines as they arrive, or JSON in one piece. */
async function collect({ clock, limits }: ApiContext, collector: Collector, media: string, pieces: Pieces) {
  const add = (row: unknown, place: number) => {
    if (place >= limits.rows) throw tooMany(limits.rows);
    collector.add(row, place);
  };
  if (media === NDJSON) await readLines(clock, pieces, add);
  else for await (const bytes of pieces) await inTurns(clock, rowsIn(parseBody(bytes)), add);
  if (collector.accepted() + collector.refused() === 0) throw noRows();
}

export function digestOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function rowsIn(body: unknown): readonly unknown[] {
  const rows =
    typeof body === 'object' && body !== null && Object.hasOwn(body, 'rows') ? Reflect.get(body, 'rows') : null;
  if (Array.isArray(rows)) return rows;
  throw new Problem(
    'REQUEST_INVALID',
    'The body has no list "rows": expected {"rows": [{"entity_id": …, "timestamp": …}]}.',
  );
}

export function tooMany(rowsMax: number): Problem {
  return new Problem(
    'BODY_TOO_LARGE',
    `The request has more than ${rowsMax} rows: send fewer at a time, or raise api.limits.rows.`,
  );
}

function noRows(): Problem {
  return new Problem('REQUEST_INVALID', 'The body has no rows.');
}
