// Whether a view may start runs, as SQL. `mayRun` is the same for a view that was read and has due time.

/**
 * SQL: whether view `v` may have runs. Pushed rows that were accepted before their view was retired are still stored, with the
 * definition that is deployed.
 */
export const MAY_RUN = `v.paused_kind is null and case
  when v.kind = 'pushed' then v.edited_fingerprint is null or v.retired_at is not null
  else v.edited_fingerprint is null and v.retired_at is null end`;
