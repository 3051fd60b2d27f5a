// GET /api/v1/intervals: the coverage of a view.

import { createRoute } from '@hono/zod-openapi';
import { Failure } from '../../core/failure.ts';
import { recordOf } from '../../core/keys.ts';
import { safe, text } from '../../core/message.ts';
import { isoOf, isoSpan, unitsIn } from '../../presentation/format.ts';
import type { SpanSet } from '../../state/queries/span-set.ts';
import { viewOverviews } from '../../state/queries/view-overview.ts';
import { requireRole, requireScope } from '../access/callers.ts';
import type { AddRoute } from '../route.ts';
import { jsonAnswer, problems, SECURITY, VIEW_NAME, z } from '../schemas.ts';

const SETS = ['covered', 'holes', 'held', 'stale', 'skipped', 'unpublished'] as const;

const setSchema = z
  .object({
    units: z.int(),
    spans: z.array(z.object({ start: z.string(), end: z.string() })),
    complete: z
      .boolean()
      .openapi({ description: 'Whether `spans` is complete. If false, it contains only the oldest spans.' }),
  })
  .openapi('Intervals');

const route = createRoute({
  method: 'get',
  path: '/api/v1/intervals',
  operationId: 'listIntervals',
  tags: ['Operate'],
  summary: 'Show which intervals of a view are covered, missing, held or stale',
  security: SECURITY,
  request: { query: z.strictObject({ view: VIEW_NAME }) },
  responses: {
    200: jsonAnswer(
      z.object({
        view: z.string(),
        unit_seconds: z.number(),
        watermark: z.string().nullable(),
        frontier: z.string().nullable(),
        intervals: z.record(z.enum(SETS), setSchema),
      }),
      'The coverage of the view',
    ),
    ...problems(),
  },
});

export const addIntervals: AddRoute = (app, { reads, views }) => {
  app.openapi(route, async (c) => {
    const caller = c.get('caller');
    requireRole(caller, 'read');
    const view = await views.require(c.req.valid('query').view, caller);
    requireScope(caller, view);
    const [overview] = await viewOverviews(reads, [view.name]);
    if (overview === undefined || overview.frontier === null) throw withoutIntervals(view.name);
    const { watermark, frontier } = overview;
    const { unitMs } = overview.view;
    const intervals = recordOf(SETS, (set) => setJson(overview[set], unitMs));
    const times = { watermark: isoOf(watermark), frontier: isoOf(frontier) };
    return c.json({ view: view.name, unit_seconds: unitMs / 1_000, ...times, intervals }, 200);
  });
};

function setJson(set: SpanSet, unitMs: number) {
  return {
    units: unitsIn(set, unitMs),
    spans: set.first.flatMap((span) => isoSpan(span) ?? []),
    complete: set.first.length === set.count,
  };
}

function withoutIntervals(name: string): Failure {
  return new Failure('ARGUMENT_INVALID', text`${safe(name)} has no intervals.`, { view: name });
}
