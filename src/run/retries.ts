// How long a run waits before it is tried again, by reason. None of these waits costs an attempt: the job configures
// how often and after what delay a failed attempt is repeated (`retries` in jobs/).

export type Retries = {
  /** Rows are stored, and the online store was unavailable or busy. */
  readonly publishMs: number;
  /** A file is missing (`on_missing: wait`). */
  readonly filesMissingMs: number;
  /** Upstream views have not covered the span. */
  readonly earlierViewsMs: number;
  /** An open transaction of the source may still write into the span. */
  readonly openTransactionMs: number;
};

export const RETRIES: Retries = {
  publishMs: 15_000,
  filesMissingMs: 60_000,
  earlierViewsMs: 60_000,
  openTransactionMs: 10_000,
};
