// POST /api/v1/as-of: what was known of entities at points in time, from the offline store.

import { createRoute } from '@hono/zod-openapi';
import { type EpochMicros, epochMicrosOf, epochMsOf } from '../../core/instant.ts';
import { partsField } from '../../definition/entity.ts';
import { parseMicros } from '../../feature-types/iso-time.ts';
import type { AsOf, FeatureRow } from '../../offline/feature-row.ts';
import { readAsOfAs } from '../../offline/read-as-of.ts';
import { rereadIfRenamed } from '../../offline/renamed-columns.ts';
import { shownAt } from '../../state/views/complete.ts';
import { sameColumns } from '../../state/views/value-feature.ts';
import { requireRole, requireScope } from '../access/callers.ts';
import type { ApiContext } from '../context.ts';
import { jsonResponse } from '../json-response.ts';
import { CELLS_MAX, takeCells } from '../memory/cells.ts';
import { Problem } from '../problem.ts';
import { type CellsText, cellsOf } from '../read/cell.ts';
import { requireId } from '../read/entity-key.ts';
import { featuresIn, narrowed, type WantedView, wantedViews } from '../read/feature-refs.ts';
import { type JsonText, jsonOf, type Numbers } from '../read/json-value.ts';
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
  z,
} from '../schemas.ts';
import { inUtf8 } from '../validation.ts';

const PAIRS_MAX = 10_000;
const VIEWS_MAX = 20;

const requestSchema = z
  .strictObject({
    features: z.array(FEATURE_REF).min(1).max(1_000),
    pairs: z
      .array(
        z.strictObject({ entity_id: ENTITY_KEY, at: z.string().max(64).openapi({ example: '2026-09-01T12:00:00Z' }) }),
      )
      .min(1)
      .max(PAIRS_MAX),
  })
  .openapi('AsOfRequest');

const answerSchema = z
  .object({
    rows: z.array(
      z.object({ entity_id: z.string(), parts: PARTS, at: z.string(), features: z.record(z.string(), cellSchema) }),
    ),
  })
  .openapi('AsOfResponse');

const route = createRoute({
  method: 'post',
  path: '/api/v1/as-of',
  operationId: 'readAsOf',
  tags: ['Read'],
  summary: 'Read the values of features as of points in time from the offline store',
  description: `Each pair returns the newest row at or before its time that is within the ttl. All features must belong to one entity. A request can ask for at most ${CELLS_MAX} values (pairs times features).`,
  security: SECURITY,
  middleware: inUtf8,
  request: { query: z.strictObject({ numbers: NUMBERS }), body: jsonBody(requestSchema) },
  responses: {
    200: jsonAnswer(answerSchema, 'One row per pair, in the order of the request'),
    ...problems(408, 413, 415),
  },
});

export const addAsOf: AddRoute = (app, context) => {
  app.openapi(route, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    const { features, pairs } = c.req.valid('json');
    const wanted = async () => {
      const found = await wantedViews(features, (name) => context.views.require(name, caller));
      for (const { view } of found) requireScope(caller, view);
      requireTogether(found);
      return found;
    };
    let views = await wanted();
    takeCells(context.cells, c, pairs.length * featuresIn(views));
    const entity = { entity: views[0]?.view.entity ?? '' };
    const asked = pairs.map(({ entity_id: key, at }, index) => ({
      entityId: requireId(entity, key, `pairs.${index}.entity_id`),
      at: microsOf(at, index),
    }));
    const how = { numbers: c.req.valid('query').numbers, signal: c.get('stopped') };
    const cells = await rereadIfRenamed(
      () => readCells(context, views, asked, how),
      async () => {
        context.views.forget();
        views = await wanted();
      },
    );
    const rows = asked.map(({ entityId }, index) => {
      const head = { entity_id: entityId, ...partsField(entity, entityId), at: pairs[index]?.at ?? '' };
      return `${JSON.stringify(head).slice(0, -1)},"features":{${cells[index] ?? ''}}}`;
    });
    return jsonResponse(c, answerSchema, `{"rows":[${rows.join(',')}]}`);
  });
};

function requireTogether(views: readonly WantedView[]): void {
  const entities = [...new Set(views.map(({ view }) => view.entity))];
  if (entities.length > 1) {
    throw new Problem(
      'REQUEST_INVALID',
      `The features belong to more than one entity (${entities.join(', ')}): send a separate request for each.`,
    );
  }
  if (views.length > VIEWS_MAX) {
    throw new Problem(
      'REQUEST_INVALID',
      `The features belong to ${views.length} views; at most ${VIEWS_MAX} are allowed.`,
    );
  }
}

function microsOf(text: string, index: number): EpochMicros {
  const micros = parseMicros(text);
  if (typeof micros === 'number') return epochMicrosOf(micros);
  throw new Problem(
    'REQUEST_INVALID',
    `pairs.${index}.at is ${JSON.stringify(text)}; expected an ISO date or time such as 2026-09-01T12:00:00Z.`,
  );
}

async function readCells(
  { reads }: ApiContext,
  views: readonly WantedView[],
  asked: readonly AsOf[],
  { numbers, signal }: { readonly numbers: Numbers; readonly signal: AbortSignal },
): Promise<CellsText[]> {
  const found: (FeatureRow<JsonText> | null)[][] = [];
  // One at a time, so that a large request does not take all connections.
  for (const one of views)
    found.push(
      await readAsOfAs(
        reads,
        narrowed(one),
        asked,
        { shown: shownAt(one.view), sameColumns: sameColumns(one.view), read: jsonOf(numbers) },
        signal,
      ),
    );
  return asked.map(({ at }, pair) => {
    const reading = { now: epochMsOf(at / 1_000) };
    return views.map((one, index) => cellsOf(one, found[index]?.[pair] ?? null, reading)).join(',');
  });
}
