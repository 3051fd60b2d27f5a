-- What of a view's time is due (docs/architecture/planning.md), but for what takes other rows to know: open runs, lookback and catch_up are in
-- planning/due-sets.ts.

-- The newest interval end that was settled at an instant, within what the view is responsible for.
create or replace function millrace.frontier_at(v millrace.view, instant timestamptz) returns timestamptz
language sql stable as $$
  -- Without an end, end_at is null, which `least` passes by.
  select least(date_bin(v.unit, instant - v.settle, timestamptz '1970-01-01 00:00:00+00'), v.end_at)
$$;

create or replace function millrace.frontier(v millrace.view) returns timestamptz language sql volatile as
  $$ select millrace.frontier_at(v, millrace.now()) $$;

-- The end of the contiguous coverage from the view's start; skipped spans count. Null before anything is covered.
create or replace function millrace.watermark(v millrace.view, c millrace.coverage) returns timestamptz
language sql immutable as $$
  select upper(part) from unnest(c.covered + c.skipped) as part where part @> v.start_at
$$;

-- What is to be run now, but for the spans of runs that are planned or active.
create or replace function millrace.due(v millrace.view, c millrace.coverage, frontier timestamptz) returns tstzmultirange
language sql immutable as $$
  select case when frontier <= v.start_at then '{}'::tstzmultirange
    else (tstzmultirange(tstzrange(v.start_at, frontier)) - c.covered - c.skipped) + c.stale - c.held
  end
$$;
