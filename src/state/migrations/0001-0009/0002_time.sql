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
  parallel int not null check (parallel > 0),
  -- The options of its runs.
  options jsonb not null default '{}',
  -- What was asked and is not done, by reason: [{reason, spans, units}].
  skipped jsonb not null default '[]',
  asked_by text not null,
  asked_at timestamptz not null default millrace.now(),
  -- Failures of before do not count into what pauses it.
  resumed_at timestamptz,
  closed_at timestamptz,
  constraint open_backfills_do_not_overlap
    exclude using gist (int8range(view_id, view_id, '[]') with &&, range with &&) where (state in ('running', 'paused'))
);
create index backfill_by_view on millrace.backfill (view_id, id desc);
create index backfill_open on millrace.backfill (id) where state in ('running', 'paused');

-- A chunk becomes one run when its turn comes; a resumed one may become another. What became of it is what became of its
-- newest run; one without a run waits, or is skipped for a reason that is named.
create table millrace.backfill_chunk (
  backfill_id bigint not null references millrace.backfill on delete cascade,
  place int not null,
  span tstzrange not null,
  run_id bigint references millrace.run on delete set null,
  skipped text,
  -- Asked for once more by a person: what its earlier run left held is done again.
  again boolean not null default false,
  primary key (backfill_id, place)
);
create index backfill_chunk_by_run on millrace.backfill_chunk (run_id);
create index backfill_chunk_by_newest_run on millrace.backfill_chunk (backfill_id, run_id desc) where run_id is not null;
create index run_superseded on millrace.run (view_id, id) where state = 'superseded';
create index backfill_chunk_waiting on millrace.backfill_chunk (backfill_id, place) where run_id is null and skipped is null;

-- Which definitions were taken over, in what order: a process that comes back with older ones changes nothing. The jobs
-- of the newest row are what is scheduled.
create table millrace.deployment (
  generation bigint generated always as identity primary key,
  fingerprint text not null,
  -- Name → the definition, and `since`: from when its schedule (cron, zone, not paused) has been this one.
  jobs jsonb not null,
  -- False until every view was taken over: whoever deployed tries again.
  complete boolean not null default true,
  program text not null,
  deployed_by text not null,
  at timestamptz not null default millrace.now()
);
create index deployment_by_fingerprint on millrace.deployment (fingerprint);

-- What happened to a run since it was planned, oldest first: [{at, what, ...}]. Whoever changes the row, the trigger below
-- writes the entry into the same new version of it, so that remembering costs no statement of its own.
alter table millrace.run add column history jsonb not null default '[]';

-- A history with one more entry. A wait that repeats an earlier one is counted there; beyond 300 entries those in the
-- middle go, and a mark says how many.
create function millrace.remembered(history jsonb, entry jsonb) returns jsonb language plpgsql immutable as $$
declare
  -- The claims of attempts that only found that they must wait on.
  idle int := case when entry->>'what' = 'snoozed' and history->-1->>'what' = 'claimed' then 2 else 1 end;
  before jsonb := history->(-idle);
  mark constant int := 100;
begin
  if entry->>'what' = 'snoozed' and before->>'what' = 'snoozed' and before->>'why' = entry->>'why' then
    if idle = 2 then history := history - -1; end if;
    return (history - -1) || jsonb_build_array(before || jsonb_build_object(
      'times', (before->>'times')::int + 1, 'last', entry->'at', 'until', entry->'until'));
  end if;
  if jsonb_array_length(history) >= 300 then
    history := jsonb_set(history - (mark + 1), array[mark::text], jsonb_build_object('what', 'left out', 'at', history->mark->'at',
      'entries', coalesce((history->mark->>'entries')::int, 1) + 1));
  end if;
  return history || jsonb_build_array(entry);
end $$;

create function millrace.remember_run() returns trigger language plpgsql as $$
declare
  at constant timestamptz := millrace.now();
  -- A stage begins where the last entry ends.
  ms constant bigint := extract(epoch from at - coalesce((old.history->-1->>'last')::timestamptz,
                                                        (old.history->-1->>'at')::timestamptz)) * 1000;
  stop constant jsonb := jsonb_build_object('at', at, 'attempt', old.attempt, 'stage', old.stage, 'ms', ms);
  error constant jsonb := jsonb_build_object('code', new.error->'code', 'message', left(new.error->>'message', 500));
  entry jsonb;
begin
  if new.state not in ('planned', 'active', 'committed') then
    entry := jsonb_build_object('what', 'closed', 'at', at, 'state', new.state)
             || case when new.state = 'failed' then stop || error else '{}' end;
  elsif new.owner is not null and new.owner is distinct from old.owner then
    entry := jsonb_build_object('what', case when old.owner is null then 'claimed' else 'taken over' end,
                                'at', at, 'attempt', new.attempt, 'owner', new.owner);
  elsif old.owner is not null and new.owner is null and new.attempt = old.attempt then
    entry := stop || error || jsonb_build_object('what', 'failed', 'until', new.not_before);
  elsif old.owner is not null and new.owner is null and new.not_before <= at then
    entry := stop || jsonb_build_object('what', 'interrupted', 'why', left(new.waiting_for, 500));
  elsif new.owner is null and new.waiting_for is not null
        and (new.not_before > at or new.waiting_for is distinct from old.waiting_for) then
    entry := jsonb_build_object('what', 'snoozed', 'at', at, 'why', left(new.waiting_for, 500), 'until', new.not_before,
                                'times', 1);
  elsif new.stage <> old.stage and new.stage <> 'stage' then
    entry := jsonb_build_object('at', at, 'ms', ms, 'what', case old.stage when 'stage' then 'staged'
               when 'check' then 'checked' when 'commit' then 'committed' else 'published' end);
  elsif new.stage <> old.stage then
    entry := jsonb_build_object('what', 'begun again', 'at', at, 'stage', old.stage);
  end if;
  if entry is not null then new.history := millrace.remembered(old.history, entry); end if;
  return new;
end $$;

create trigger run_is_remembered before update on millrace.run for each row
  when (old.state <> new.state or old.stage <> new.stage or old.owner is distinct from new.owner
        or old.waiting_for is distinct from new.waiting_for or old.not_before is distinct from new.not_before)
  execute function millrace.remember_run();

alter table millrace.view add column paused_at timestamptz;
alter table millrace.event drop constraint event_kind_check;
alter table millrace.event add constraint event_kind_check check (kind in (
  'covered', 'published', 'skipped', 'held', 'released', 'stale', 'rebuilt', 'applied', 'paused', 'resumed'));

-- Definitions applied by an earlier release lack the keys of this one.
update millrace.view set spec = '{"after": [], "freshnessMs": null, "failuresMax": 5}'::jsonb || spec;
-- A view over files has tables; until now each had one, of this name.
update millrace.view set spec = jsonb_set(spec, '{files}', jsonb_build_object('files', spec->'files'))
 where jsonb_typeof(spec->'files') = 'object';
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

-- How many rows a view has offline, as its commits counted them: asking all its runs is too slow for a page of views.
alter table millrace.coverage add column rows bigint not null default 0;
update millrace.coverage c set rows = coalesce((
  select sum((counts->>'inserted')::bigint - (counts->>'removed')::bigint) from millrace.run r where r.view_id = c.view_id), 0);
create index run_failed on millrace.run (view_id, id desc) where state = 'failed';

-- How long after its end an interval without a file is looked up again: as long as its most patient table wants.
create function millrace.late_files_ms(spec jsonb) returns float8 language sql immutable as $$
  select max((files->>'lateMs')::float8)
    from jsonb_each(case jsonb_typeof(spec->'files') when 'object' then spec->'files' else '{}' end) as tables (name, files)
$$;

-- A run that waits until other views cover its span, and which they are; null where it does not.
alter table millrace.run add column waits_for_views text[];
create index run_waiting_for_views on millrace.run using gin (waits_for_views) where state = 'planned' and waits_for_views is not null;
-- What planning asks of each view, whatever the number of its past runs.
create index run_open_by_view on millrace.run (view_id) where state in ('planned', 'active', 'committed');
create index run_given_up on millrace.run (view_id) where state in ('failed', 'cancelled', 'superseded');

-- What the views that come first have not covered or skipped of a span. Time that a view is not responsible for counts
-- as covered. A row per view; `lacking` is null where there is no such view any more.
create function millrace.lacking(after jsonb, span tstzrange)
returns table (name text, lacking tstzmultirange) language sql stable as $$
  select named.name,
         tstzmultirange(span) * tstzmultirange(tstzrange(millrace.instant(v.spec->'start'), case
           when v.spec->>'end' is null then null else millrace.instant(v.spec->'end') end)) - c.covered - c.skipped
    from jsonb_array_elements_text(after) with ordinality as named (name, place)
    left join millrace.view v on v.name = named.name and v.retired_at is null
    left join millrace.coverage c on c.view_id = v.id
   order by named.place
$$;

-- Which files a run has read: [[name, version, bytes], ...], and a digest of it, by which a look at the place sees whether
-- anything is other than it was.
create table millrace.run_files (
  run_id bigint primary key references millrace.run on delete cascade,
  files jsonb not null
);
alter table millrace.run add column files_digest text;
create index run_of_files on millrace.run (view_id, upper(span)) where files_digest is not null or without_files;
