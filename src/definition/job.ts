// A cron schedule as everything after the parser sees it.

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
