// How long a run waits before it is tried again, by the reason. None of these waits costs an attempt: how often a failed
// attempt is repeated, and after how long, is a matter of the job (`retries` in jobs/).

export type Retries = {
  /** Rows are stored, and the online store was away or busy. */
  readonly publishMs: number;
  /** A file is not there yet (`on_missing: wait`). */
  readonly filesMissingMs: number;
  /** Views that come first have not covered the span. */
  readonly earlierViewsMs: number;
  /** A transaction of the source was open that may still write into the span. */
  readonly openTransactionMs: number;
};

export const RETRIES: Retries = {
  publishMs: 15_000,
  filesMissingMs: 60_000,
  earlierViewsMs: 60_000,
  openTransactionMs: 10_000,
};
