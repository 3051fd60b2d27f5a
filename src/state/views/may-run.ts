// Whether a view may start runs, as SQL; `mayRun` is the same for a view that was read.

/** SQL: whether view `v` may have runs. */
export const MAY_RUN = `v.retired_at is null and v.edited_fingerprint is null and v.paused_kind is null`;
