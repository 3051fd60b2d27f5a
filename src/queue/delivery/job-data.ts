// The data of jobs: ids only, and untrusted, since other programs can edit it.

import { z } from 'zod';

const tickJob = z.strictObject({ job: z.string().regex(/^[a-z][a-z0-9_]{0,47}$/) });
const id = z.int().positive();
const runJob = z.strictObject({ run: id, delivery: id });

/** A tick of a job of jobs/. */
export type TickJob = z.infer<typeof tickJob>;

/** One delivery of a run: its id and the number of the delivery. */
export type RunJob = z.infer<typeof runJob>;

/** Job data that Millrace did not write. */
export class InvalidJobData extends Error {
  override readonly name = 'InvalidJobData';
}

/** @throws InvalidJobData */
export function parseTickJob(data: unknown): TickJob {
  return parsed(tickJob, data, '{"job": "nightly"}');
}

/** @throws InvalidJobData */
export function parseRunJob(data: unknown): RunJob {
  return parsed(runJob, data, '{"run": 17, "delivery": 1}');
}

function parsed<Data>(schema: z.ZodType<Data>, data: unknown, expected: string): Data {
  const found = schema.safeParse(data);
  if (found.success) return found.data;
  throw new InvalidJobData(`This job's data is not in Millrace's format: expected something like ${expected}.`);
}
