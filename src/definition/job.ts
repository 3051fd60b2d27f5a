// A parsed cron job.
//
// Deployed jobs are stored as JSON in the state database, and those are scheduled. So a Job holds only what JSON can hold,
// and a key that a later release adds has a default for stored jobs without it.

export type Job = {
  readonly name: string;
  readonly description: string;
  readonly cron: string;
  readonly timezone: string;
  /** View names and `tag:NAME`. */
  readonly views: readonly string[];
  readonly retries: { readonly attempts: number; readonly backoffMs: number; readonly maxMs: number };
  readonly timeoutMs: number;
  /** 1 is highest, 9 lowest. */
  readonly priority: number;
  /** A paused job is kept and does not tick. */
  readonly paused: boolean;
};

/** Defaults for keys that stored jobs of earlier releases may not have. */
const DEFAULTS: Partial<Job> = { priority: 5, paused: false };

/** A stored job of any release, with defaults filled in. */
export function keptJob<Kept extends Partial<Job>>(kept: Kept): Kept & Job {
  return { ...DEFAULTS, ...kept } as Kept & Job; // all other keys have always been stored
}
