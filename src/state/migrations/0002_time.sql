-- What people operate every day: backfills, pauses, deployments, and what a run did when.

create table millrace.backfill (
  id bigint generated always as identity primary key,
  view_id bigint not null references millrace.view on delete cascade,
  -- Whole units.
  range tstzrange not null,
  mode text not null check (mode in ('missing', 'failed', 'all')),
  state text not null default 'running' check (state in ('running', 'paused', 'cancelled', 'complete', 'partial')),
  -- Why it is paused, where not a person did it.
  why text,
  newest_first boolean not null default false,
  -- How many of its chunks may be open at once.
  parallel int not null,
  -- The options of its runs.
  options jsonb not null default '{}',
  -- What was asked and is not done, by reason: [{reason, spans, units}].
  skipped jsonb not null default '[]',
  asked_by text not null,
  asked_at timestamptz not null default millrace.now(),
  closed_at timestamptz,
  constraint open_backfills_do_not_overlap
    exclude using gist (int8range(view_id, view_id, '[]') with &&, range with &&) where (state in ('running', 'paused'))
);
create index backfill_by_view on millrace.backfill (view_id, id desc);
create index backfill_running on millrace.backfill (id) where state = 'running';

-- A chunk becomes one run when its turn comes; a resumed one may become another. What became of it is what became of its
-- newest run; one without a run waits, or is skipped for a reason that is named.
create table millrace.backfill_chunk (
  backfill_id bigint not null references millrace.backfill on delete cascade,
  place int not null,
  span tstzrange not null,
  run_id bigint references millrace.run on delete set null,
  skipped text,
  primary key (backfill_id, place)
);
create index backfill_chunk_by_run on millrace.backfill_chunk (run_id);
create index backfill_chunk_waiting on millrace.backfill_chunk (backfill_id, place) where run_id is null and skipped is null;

-- Which definitions were taken over, in what order: a process that comes back with older ones changes nothing. The jobs
-- of the newest row are what is scheduled.
create table millrace.deployment (
  generation bigint generated always as identity primary key,
  fingerprint text not null,
  jobs jsonb not null,
  program text not null,
  deployed_by text not null,
  at timestamptz not null default millrace.now()
);
create index deployment_by_fingerprint on millrace.deployment (fingerprint);

-- What happened to a run, oldest first: [{at, what, attempt, owner, ...}], at most a few hundred entries.
alter table millrace.run add column history jsonb not null default '[]';

alter table millrace.view add column paused_at timestamptz;
alter table millrace.event drop constraint event_kind_check;
alter table millrace.event add constraint event_kind_check check (kind in (
  'covered', 'published', 'skipped', 'held', 'released', 'stale', 'rebuilt', 'applied', 'paused', 'resumed'));

-- Definitions applied by an earlier release lack the keys of this one.
update millrace.view set spec = '{"after": [], "freshnessMs": null, "failuresMax": 5}'::jsonb || spec;
update millrace.run set options = '{"priority": 5}'::jsonb || options;

-- The newest interval end that was settled at an instant, within what the view is responsible for.
create function millrace.frontier_at(spec jsonb, instant timestamptz) returns timestamptz language sql immutable as $$
  select least(
    date_bin(millrace.unit(spec),
             instant - make_interval(secs => (spec->>'settleMs')::float8 / 1000),
             timestamptz '1970-01-01 00:00:00+00'),
    case when spec->>'end' is null then 'infinity' else millrace.instant(spec->'end') end)
$$;
create or replace function millrace.frontier(spec jsonb) returns timestamptz language sql volatile as
  $$ select millrace.frontier_at(spec, millrace.now()) $$;
