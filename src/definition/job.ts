// A cron schedule as everything after the parser sees it.
//
// The jobs that were taken over are kept as JSON in the state database, and are what is scheduled; so a Job holds nothing
// that JSON does not keep, and a key that comes later has a default for those that lack it.

export type Job = {
  readonly name: string;
  readonly description: string;
  readonly cron: string;
  readonly timezone: string;
  /** View names and `tag:NAME`. */
  readonly views: readonly string[];
  readonly retries: { readonly attempts: number; readonly backoffMs: number; readonly maxMs: number };
  readonly timeoutMs: number;
  /** 1 is first, 9 last. */
  readonly priority: number;
  /** A schedule that is kept and does not tick. */
  readonly paused: boolean;
};

/** The keys that a job of an earlier release may lack. */
const DEFAULTS: Partial<Job> = { priority: 5, paused: false };

/** A job that was kept, whatever release kept it. */
export function keptJob<Kept extends Partial<Job>>(kept: Kept): Kept & Job {
  return { ...DEFAULTS, ...kept } as Kept & Job; // every other key is as old as jobs are kept
}
