-- What SQL reads of a definition is in columns, filled from the definition when it is applied (views/view-columns.ts). The
-- definition itself stays, for workers.
alter table millrace.view
  add column kind text check (kind in ('events', 'snapshot', 'latest')),
  add column entity text,
  add column description text,
  add column tags text[],
  -- The grid on which time is cut, and the time that the view is responsible for; without an end where that is null.
  add column unit interval check (unit > interval '0'),
  add column start_at timestamptz,
  add column end_at timestamptz,
  add column settle interval,
  add column lookback interval,
  add column catch_up text check (catch_up in ('all', 'latest', 'none')),
  -- Names of the views that come first.
  add column after_views text[],
  -- Null where there is no target.
  add column freshness interval,
  add column failures_max int,
  -- How long after its end an interval is looked up again, as its most patient table wants; null without files.
  add column late_files interval,
  add column redacted boolean;

update millrace.view set
  kind = spec->>'kind',
  entity = spec->>'entity',
  description = spec->>'description',
  tags = array(select jsonb_array_elements_text(spec->'tags')),
  unit = make_interval(secs => (spec->>'unitMs')::float8 / 1000),
  start_at = to_timestamp((spec->>'start')::numeric / 1000),
  end_at = to_timestamp((spec->>'end')::numeric / 1000),
  settle = make_interval(secs => (spec->>'settleMs')::float8 / 1000),
  lookback = make_interval(secs => (spec->>'unitMs')::float8 * (spec->>'lookbackUnits')::float8 / 1000),
  catch_up = spec->>'catchUp',
  after_views = array(select jsonb_array_elements_text(spec->'after')),
  freshness = make_interval(secs => (spec->>'freshnessMs')::float8 / 1000),
  failures_max = (spec->>'failuresMax')::int,
  late_files = make_interval(secs => millrace.late_files_ms(spec) / 1000),
  redacted = (spec->>'redacted')::boolean;

alter table millrace.view
  alter column kind set not null, alter column entity set not null, alter column description set not null,
  alter column tags set not null, alter column unit set not null, alter column start_at set not null,
  alter column settle set not null, alter column lookback set not null, alter column catch_up set not null,
  alter column after_views set not null, alter column failures_max set not null, alter column redacted set not null;

-- Functions are in src/state/functions from now on.
drop function millrace.lacking(jsonb, tstzrange);
drop function millrace.due(jsonb, millrace.coverage, timestamptz);
drop function millrace.watermark(jsonb, tstzmultirange, tstzmultirange);
drop function millrace.frontier(jsonb);
drop function millrace.frontier_at(jsonb, timestamptz);
drop function millrace.late_files_ms(jsonb);
drop function millrace.unit(jsonb);
drop function millrace.instant(jsonb);

-- Which release's functions this database has.
create table millrace.functions (
  only_row boolean primary key default true check (only_row),
  release int not null,
  digest text not null,
  at timestamptz not null default clock_timestamp()
);
