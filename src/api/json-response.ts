// Responses whose JSON was written as text.

import type { Context, TypedResponse } from 'hono';
import type { ApiEnv } from './context.ts';
import type { z } from './schemas.ts';

type JsonResponse<Schema extends z.ZodType> = Response & TypedResponse<z.output<Schema>, 200, 'json'>;

/** A response with status 200, as the schema of its route says; the tests compare both. */
export function jsonResponse<Schema extends z.ZodType>(
  c: Context<ApiEnv>,
  _schema: Schema,
  text: string,
): JsonResponse<Schema> {
  const response = c.body(text, 200, { 'content-type': 'application/json' });
  return response as Response as JsonResponse<Schema>; // the compiler cannot see what the text contains
}
