// 202: an operation was recorded, and workers perform it; the location tells how far it is.

import type { Context } from 'hono';
import type { Delivery } from '../../operations/performers.ts';
import type { ApiEnv } from '../context.ts';
import { jsonAnswer, z } from '../schemas.ts';
import { acceptedSchema } from './schemas.ts';

const location = { headers: z.object({ location: z.string().openapi({ description: 'The route to poll.' }) }) };

/** The responses of an operation that plans runs. */
export const ACCEPTED = {
  200: jsonAnswer(acceptedSchema, 'Nothing is due, so nothing was planned'),
  202: { ...jsonAnswer(acceptedSchema, 'Workers perform the request'), ...location },
} as const;

export type Started = {
  readonly runs: readonly number[];
  readonly backfill: number | null;
  readonly delivery: Delivery;
};

/** 202 with the location of the first run or of the backfill; 200 if nothing was planned. */
export function accepted(c: Context<ApiEnv>, { runs, backfill, delivery }: Started): never {
  const body = { runs: [...runs], backfill, delivered: delivery.kind !== 'undelivered' };
  const [first] = runs;
  if (backfill !== null) c.header('location', `/api/v1/backfills/${backfill}`);
  else if (first !== undefined) c.header('location', `/api/v1/runs/${first}`);
  const isStarted = backfill !== null || first !== undefined;
  return c.json(body, isStarted ? 202 : 200) as never; // a response of ACCEPTED, which its routes have
}
