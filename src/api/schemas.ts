// Schemas that several routes share.

import { z } from '@hono/zod-openapi';
import { parseInstant } from '../core/instant.ts';
import { recordOf } from '../core/keys.ts';
import type { TimeRange } from '../state/planning/planning.ts';
import type { ProblemStatus } from './problem.ts';
import { CELL_STATUSES } from './read/cell.ts';

export { z };

export const FEATURE_REF = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,47}(?::[a-z][a-z0-9_]{0,47})?$/, 'expected view:feature, or the name of a view')
  .openapi({
    description: '`view:feature`, or the name of a view for all of its features.',
    example: 'customer_orders:order_amount',
  });

export const VIEW_NAME = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,47}$/, 'expected the name of a view')
  .openapi({ example: 'customer_orders' });

/** Control characters cannot be in an entity id, so U+0000 never reaches Postgres. */
export const ENTITY_ID = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[ -~\u00a0-\uffff]+$/, 'expected a string free of control characters')
  .refine((text) => text.isWellFormed(), 'expected well-formed Unicode')
  .openapi({ description: 'The id of an entity.', example: '17' });

/** More than a composite entity has. */
const PARTS_MAX = 20;

/** A component of a composite entity, which may be empty. */
const PART = z
  .string()
  .max(512)
  .regex(/^[ -~\u00a0-\uffff]*$/, 'expected a string free of control characters')
  .refine((text) => text.isWellFormed(), 'expected well-formed Unicode');

/** A record whose entries are counted before they are parsed, since each wrong entry costs an issue with its path. */
export function smallRecord<Key extends z.ZodString, Value extends z.ZodType>(
  entries: z.ZodRecord<Key, Value>,
  { max, what }: { readonly max: number; readonly what: string },
) {
  return z.preprocess((input, context) => {
    if (typeof input !== 'object' || input === null || Object.keys(input).length <= max) return input;
    context.addIssue({ code: 'custom', message: `expected at most ${max} ${what}` });
    return z.NEVER;
  }, entries);
}

/** An id, or the components of a composite entity by name. */
export const ENTITY_KEY = z
  .union([ENTITY_ID, smallRecord(z.record(z.string().max(48), PART), { max: PARTS_MAX, what: 'components' })])
  .openapi({
    description:
      'The id of an entity, or the components of a composite entity by name, such as `{"customer": "17", "product": "3"}`.',
    example: '17',
  });

/** The components of a composite entity in an answer. */
export const PARTS = z
  .record(z.string(), z.string())
  .optional()
  .openapi({ description: 'The components of a composite entity by name. Absent for other entities.' });

export const NUMBERS = z.enum(['json', 'exact']).default('json').openapi({
  description:
    '`exact` returns 64-bit integers and decimals as strings, for clients that read every number as a double.',
});

/** For routes without parameters in the query: a misspelled one is not ignored. */
export const NO_QUERY = z.strictObject({});

/** The id of a run or a backfill. */
export const ID = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).openapi({ type: 'integer', example: 17 });

export const LIMIT = z.coerce.number().int().min(1).max(1_000).default(100).openapi({ type: 'integer' });

/** Members of a body have no `default` in the document: generators would make clients send them. */
const TIME = z
  .string()
  .max(64)
  .refine(
    (text) => parseInstant(text) !== null,
    'expected a date such as 2026-09-01 or a time such as 2026-09-01T13:00Z',
  )
  .nullish();

/** A range of time; null for no limit. */
export const RANGE = {
  from: TIME.openapi({
    description: 'Start at this time; by default at the start of the view.',
    example: '2026-09-01',
  }),
  to: TIME.openapi({
    description: 'Stop before this time; without an end by default.',
    example: '2026-10-01T00:00:00Z',
  }),
};

/** Whether a request may remove rows. */
export const ALLOW_REMOVALS = z
  .boolean()
  .optional()
  .openapi({ description: 'Store the result although it removes more rows than `removed_max`; false by default.' });

type RangeBody = { readonly from?: string | null | undefined; readonly to?: string | null | undefined };

export function rangeOf({ from, to }: RangeBody): TimeRange {
  const parsed = (text: RangeBody['from']) => (text === null || text === undefined ? null : parseInstant(text));
  return { from: parsed(from), to: parsed(to) };
}

export const cellSchema = z
  .object({
    value: z.any().openapi({ description: 'The value, in the type of the feature; null if there is none.' }),
    event_time: z.string().nullable(),
    age_seconds: z.number().nullable(),
    status: z.enum(CELL_STATUSES),
    is_default: z.boolean().optional().openapi({ description: 'True if the value is the default of the service.' }),
  })
  .openapi('FeatureValue');

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({
      description: 'The error code, for programs. The meaning of a code never changes.',
      example: 'NOT_FOUND',
    }),
    detail: z.string(),
  })
  .loose()
  .openapi('Problem');

const DESCRIPTIONS: Readonly<Record<ProblemStatus, string>> = {
  400: 'The request is not valid',
  401: 'A token is missing or unknown',
  403: 'The token does not allow this',
  404: 'There is no such view, feature, run or backfill',
  405: 'The route does not have this method',
  408: 'The body did not arrive in time',
  409: 'Not possible in the current state',
  413: 'The body is too large',
  415: 'The body has a media type that is not supported',
  422: 'The idempotency key was used with a different body',
  429: 'Too many requests per second',
  500: 'A bug in Millrace',
  503: 'A server is unavailable or busy: try again later',
};

const EVERY = [400, 401, 403, 404, 429, 500, 503] as const;

type ProblemAnswer = ReturnType<typeof problemAnswer>;

/** The problems that a route can answer with, besides those of every route. Types of routes need not know them. */
export function problems(...more: readonly ProblemStatus[]): Record<(typeof EVERY)[number], ProblemAnswer> {
  return recordOf([...EVERY, ...more], problemAnswer);
}

function problemAnswer(status: ProblemStatus) {
  return { description: DESCRIPTIONS[status], content: { 'application/problem+json': { schema: problemSchema } } };
}

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** A body that clients may leave out, with the same meaning as an empty object. */
export function optionalBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: false, content: { 'application/json': { schema } } } as const;
}

export function jsonAnswer<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } } as const;
}

export const SECURITY = [{ bearer: [] }];
