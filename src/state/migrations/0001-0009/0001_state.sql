-- The state of Millrace: views, their coverage, their runs. docs/architecture/state.md explains the tables.

create schema if not exists features;
create schema if not exists staging;

-- Every statement that needs the time calls this; tests replace it.
create function millrace.now() returns timestamptz language sql volatile as $$ select clock_timestamp() $$;

create table millrace.view (
  id bigint generated always as identity primary key,
  name text not null unique,
  -- The applied definition: workers run this, not their disk.
  spec jsonb not null,
  data_fingerprint text not null,
  meta_fingerprint text not null,
  -- An edited query that waits for `apply` to be told what it means; ticks leave such a view alone.
  edited_fingerprint text,
  publish_number bigint not null default 0,
  finished_publish_number bigint not null default 0,
  publish_owner text,
  publish_until timestamptz,
  -- Why the whole view must be published again; null when it need not.
  rebuild_reason text,
  failed_in_a_row int not null default 0,
  paused_reason text,
  retired_at timestamptz,
  applied_at timestamptz not null default millrace.now()
);

-- Sets of spans. covered − published is the publish debt; frontier is the one of the last tick.
create table millrace.coverage (
  view_id bigint primary key references millrace.view on delete cascade,
  covered tstzmultirange not null default '{}',
  published tstzmultirange not null default '{}',
  skipped tstzmultirange not null default '{}',
  held tstzmultirange not null default '{}',
  stale tstzmultirange not null default '{}',
  frontier timestamptz,
  -- For views of kind latest, which have no spans: when the last good run was planned.
  last_good timestamptz
);

create table millrace.run (
  id bigint generated always as identity primary key,
  view_id bigint not null references millrace.view on delete cascade,
  -- Whole units; (,) for views of kind latest.
  span tstzrange not null,
  reason text not null check (reason in ('schedule', 'manual', 'backfill', 'restate')),
  fingerprint text not null,
  state text not null default 'planned'
    check (state in ('planned', 'active', 'committed', 'done', 'failed', 'cancelled', 'superseded')),
  -- The stage that is being done, or is next.
  stage text not null default 'claim' check (stage in ('claim', 'stage', 'check', 'commit', 'publish', 'done')),
  -- retries, timeout, allow_removals
  options jsonb not null default '{}',
  attempt int not null default 0,
  deliveries int not null default 0,
  delivered_at timestamptz,
  epoch int not null default 0,
  -- The newest event when it began to read: what became stale after that stays stale when the run commits.
  read_after bigint not null default 0,
  owner text,
  lease_until timestamptz,
  -- A snoozed or failed attempt waits until then, and why; waiting_since is of the first snooze.
  not_before timestamptz,
  waiting_since timestamptz,
  waiting_for text,
  staging_table text,
  refused_table text,
  staged_rows bigint,
  -- No file was there to read: one may still come.
  without_files boolean not null default false,
  kept_refused_rows bigint,
  counts jsonb not null default '{}',
  profile jsonb,
  notes jsonb not null default '[]',
  error jsonb,
  planned_at timestamptz not null default millrace.now(),
  started_at timestamptz,
  committed_at timestamptz,
  closed_at timestamptz,
  -- Two active runs of one view cannot overlap, whatever the code believes.
  constraint active_runs_do_not_overlap
    exclude using gist (int8range(view_id, view_id, '[]') with &&, span with &&) where (state = 'active')
);
create index run_by_view on millrace.run (view_id, id desc);
create index run_without_files on millrace.run (view_id, id) where without_files;
create index run_open on millrace.run (state, id) where state in ('planned', 'active', 'committed');

-- Append-only history.
create table millrace.event (
  id bigint generated always as identity primary key,
  view_id bigint not null references millrace.view on delete cascade,
  run_id bigint,
  kind text not null check (kind in ('covered', 'published', 'skipped', 'held', 'released', 'stale', 'rebuilt', 'applied')),
  span tstzmultirange,
  publish_number bigint,
  note text,
  at timestamptz not null default millrace.now()
);
create index event_by_view on millrace.event (view_id, id desc);

-- Whose rows a commit removed, until they are published.
create table millrace.removed (
  view_id bigint not null references millrace.view on delete cascade,
  run_id bigint not null references millrace.run on delete cascade,
  entity_id text collate "C" not null,
  primary key (run_id, entity_id)
);
create index removed_by_view on millrace.removed (view_id);

-- Refused rows: all are counted in run.counts, at most some per run and reason are kept here.
create table millrace.quarantine (
  id bigint generated always as identity primary key,
  view_id bigint not null references millrace.view on delete cascade,
  run_id bigint not null references millrace.run on delete cascade,
  reason text not null,
  detail text not null,
  row jsonb not null,
  at timestamptz not null default millrace.now()
);
create index quarantine_by_run on millrace.quarantine (run_id, id);
create index quarantine_by_view on millrace.quarantine (view_id, id desc);

-- What the online store is believed to be: its sentinel key carries the same generation.
create table millrace.online_store (
  only_row boolean primary key default true check (only_row),
  generation bigint not null default 0,
  server_run_id text,
  replication_id text,
  checked_at timestamptz
);
insert into millrace.online_store default values;

-- Processes that are alive: scheduler and workers say so every few seconds.
create table millrace.process (
  id text primary key,
  kind text not null check (kind in ('scheduler', 'worker', 'command')),
  host text not null,
  pid int not null,
  version text not null,
  started_at timestamptz not null default millrace.now(),
  seen_at timestamptz not null default millrace.now()
);

-- The arithmetic of what is due lives here, beside the multiranges it works on (docs/architecture/planning.md).

create function millrace.unit(spec jsonb) returns interval language sql immutable as
  $$ select make_interval(secs => (spec->>'unitMs')::float8 / 1000) $$;

create function millrace.instant(ms jsonb) returns timestamptz language sql immutable as
  $$ select to_timestamp((ms #>> '{}')::numeric / 1000) $$;

-- The newest interval end that is settled, within what the view is responsible for.
create function millrace.frontier(spec jsonb) returns timestamptz language sql volatile as $$
  select least(
    date_bin(millrace.unit(spec),
             millrace.now() - make_interval(secs => (spec->>'settleMs')::float8 / 1000),
             timestamptz '1970-01-01 00:00:00+00'),
    case when spec->>'end' is null then 'infinity' else millrace.instant(spec->'end') end)
$$;

-- The end of the contiguous coverage from the view's start; skipped spans count. Null before anything is covered.
create function millrace.watermark(spec jsonb, covered tstzmultirange, skipped tstzmultirange) returns timestamptz
language sql immutable as $$
  select upper(part) from unnest(covered + skipped) as part
   where part @> millrace.instant(spec->'start')
$$;

-- What is to be run now, but for the spans of runs that are planned or active.
create function millrace.due(spec jsonb, c millrace.coverage, frontier timestamptz) returns tstzmultirange
language sql immutable as $$
  select case when frontier <= millrace.instant(spec->'start') then '{}'::tstzmultirange
    else (tstzmultirange(tstzrange(millrace.instant(spec->'start'), frontier)) - c.covered - c.skipped) + c.stale - c.held
  end
$$;
