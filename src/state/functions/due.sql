-- The due time of a view (docs/architecture/planning.md), without what depends on other rows: open runs, lookback and
-- catch_up are in planning/due-sets.ts.

-- The newest interval end that was settled at an instant, also after the end of the view.
create or replace function millrace.settled_end(v millrace.view, instant timestamptz) returns timestamptz
language sql stable as $$
  select date_bin(v.unit, instant - v.settle, timestamptz '1970-01-01 00:00:00+00')
$$;

-- The same within the view's time.
create or replace function millrace.frontier_at(v millrace.view, instant timestamptz) returns timestamptz
language sql stable as $$
  -- Without an end, end_at is null, which `least` ignores.
  select least(millrace.settled_end(v, instant), v.end_at)
$$;

create or replace function millrace.frontier(v millrace.view) returns timestamptz language sql volatile as
  $$ select millrace.frontier_at(v, millrace.now()) $$;

-- The end of the contiguous coverage from the view's start; skipped spans count. Null before anything is covered.
create or replace function millrace.watermark(v millrace.view, c millrace.coverage) returns timestamptz
language sql immutable as $$
  select upper(part) from unnest(c.covered + c.skipped) as part where part @> v.start_at
$$;

-- The due time, including the spans of planned and active runs. Of a unit that has not settled, as after an edit that makes
-- units longer, only stale time may be covered: it waits, since its run would cover the whole unit.
create or replace function millrace.due(v millrace.view, c millrace.coverage, frontier timestamptz) returns tstzmultirange
language sql volatile as $$
  select case when frontier <= v.start_at then '{}'::tstzmultirange
    else (tstzmultirange(tstzrange(v.start_at, frontier)) - c.covered - c.skipped) + c.stale * tstzmultirange(
           tstzrange(null, millrace.settled_end(v, millrace.now()))) - c.held
  end
$$;
