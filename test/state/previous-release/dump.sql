set check_function_bodies = false;
CREATE SCHEMA features;
CREATE SCHEMA millrace;
CREATE SCHEMA staging;
CREATE TABLE millrace.coverage (
    view_id bigint NOT NULL,
    covered tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    published tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    skipped tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    held tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    stale tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    frontier timestamp with time zone,
    last_good timestamp with time zone,
    rows bigint DEFAULT 0 NOT NULL,
    emptied tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    redefined tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL
);
CREATE FUNCTION millrace.due(spec jsonb, c millrace.coverage, frontier timestamp with time zone) RETURNS tstzmultirange
    LANGUAGE sql IMMUTABLE
    AS $$
  select case when frontier <= millrace.instant(spec->'start') then '{}'::tstzmultirange
    else (tstzmultirange(tstzrange(millrace.instant(spec->'start'), frontier)) - c.covered - c.skipped) + c.stale - c.held
  end
$$;
CREATE FUNCTION millrace.frontier(spec jsonb) RETURNS timestamp with time zone
    LANGUAGE sql
    AS $$ select millrace.frontier_at(spec, millrace.now()) $$;
CREATE FUNCTION millrace.frontier_at(spec jsonb, instant timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    AS $$
  select least(
    date_bin(millrace.unit(spec),
             instant - make_interval(secs => (spec->>'settleMs')::float8 / 1000),
             timestamptz '1970-01-01 00:00:00+00'),
    case when spec->>'end' is null then 'infinity' else millrace.instant(spec->'end') end)
$$;
CREATE FUNCTION millrace.instant(ms jsonb) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    AS $$ select to_timestamp((ms #>> '{}')::numeric / 1000) $$;
CREATE FUNCTION millrace.lacking(after jsonb, span tstzrange) RETURNS TABLE(name text, lacking tstzmultirange)
    LANGUAGE sql STABLE
    AS $$
  select named.name,
         tstzmultirange(span) * tstzmultirange(tstzrange(millrace.instant(v.spec->'start'), case
           when v.spec->>'end' is null then null else millrace.instant(v.spec->'end') end)) - c.covered - c.skipped
    from jsonb_array_elements_text(after) with ordinality as named (name, place)
    left join millrace.view v on v.name = named.name and v.retired_at is null
    left join millrace.coverage c on c.view_id = v.id
   order by named.place
$$;
CREATE FUNCTION millrace.late_files_ms(spec jsonb) RETURNS double precision
    LANGUAGE sql IMMUTABLE
    AS $$
  select max((files->>'lateMs')::float8)
    from jsonb_each(case jsonb_typeof(spec->'files') when 'object' then spec->'files' else '{}' end) as tables (name, files)
$$;
CREATE FUNCTION millrace.now() RETURNS timestamp with time zone
    LANGUAGE sql
    AS $$ select timestamptz '2026-01-06 02:10Z' $$;
CREATE FUNCTION millrace.remember_run() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION millrace.remembered(history jsonb, entry jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    AS $$
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
CREATE FUNCTION millrace.unit(spec jsonb) RETURNS interval
    LANGUAGE sql IMMUTABLE
    AS $$ select make_interval(secs => (spec->>'unitMs')::float8 / 1000) $$;
CREATE FUNCTION millrace.watermark(spec jsonb, covered tstzmultirange, skipped tstzmultirange) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    AS $$
  select upper(part) from unnest(covered + skipped) as part
   where part @> millrace.instant(spec->'start')
$$;
CREATE TABLE features.basket (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    basket double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.contact (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    contact double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.delivery (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    delivery double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.failing (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    failing double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.gone (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    gone double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.orders (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    orders double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.reviews (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    reviews double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.spend (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    spend double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.stock (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    stock double precision,
    run_id bigint NOT NULL
);
CREATE TABLE features.visits (
    entity_id text NOT NULL COLLATE pg_catalog."C",
    event_timestamp timestamp with time zone NOT NULL,
    visits double precision,
    run_id bigint NOT NULL
);
CREATE TABLE millrace.alert (
    id bigint NOT NULL,
    rule text NOT NULL,
    kind text NOT NULL,
    view_id bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    what text NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    began_at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    told_at timestamp with time zone,
    firing_message bigint,
    resolved_at timestamp with time zone,
    resolved_message bigint
);
CREATE TABLE millrace.alert_delivery (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    message_id bigint NOT NULL,
    target text NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    not_before timestamp with time zone DEFAULT millrace.now() NOT NULL,
    lease_until timestamp with time zone,
    error text,
    closed_at timestamp with time zone,
    CONSTRAINT alert_delivery_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'dead'::text])))
);
ALTER TABLE millrace.alert ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.alert_message (
    id bigint NOT NULL,
    rule text NOT NULL,
    status text NOT NULL,
    body json NOT NULL,
    at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    CONSTRAINT alert_message_status_check CHECK ((status = ANY (ARRAY['firing'::text, 'resolved'::text])))
);
ALTER TABLE millrace.alert_message ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.alert_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.backfill (
    id bigint NOT NULL,
    view_id bigint NOT NULL,
    range tstzrange NOT NULL,
    mode text NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    why text,
    newest_first boolean DEFAULT false NOT NULL,
    parallel integer NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    skipped jsonb DEFAULT '[]'::jsonb NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    resumed_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT backfill_mode_check CHECK ((mode = ANY (ARRAY['missing'::text, 'failed'::text, 'all'::text]))),
    CONSTRAINT backfill_parallel_check CHECK ((parallel > 0)),
    CONSTRAINT backfill_state_check CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'cancelled'::text, 'complete'::text, 'partial'::text])))
);
CREATE TABLE millrace.backfill_chunk (
    backfill_id bigint NOT NULL,
    place integer NOT NULL,
    span tstzrange NOT NULL,
    run_id bigint,
    skipped text,
    again boolean DEFAULT false NOT NULL
);
ALTER TABLE millrace.backfill ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.backfill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.backlog (
    id bigint NOT NULL,
    view_id bigint NOT NULL,
    reason text NOT NULL,
    options jsonb NOT NULL,
    span tstzmultirange NOT NULL,
    at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    CONSTRAINT backlog_reason_check CHECK ((reason = ANY (ARRAY['schedule'::text, 'manual'::text, 'restate'::text])))
);
ALTER TABLE millrace.backlog ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.backlog_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.deployment (
    generation bigint NOT NULL,
    fingerprint text NOT NULL,
    jobs jsonb NOT NULL,
    complete boolean DEFAULT true NOT NULL,
    program text NOT NULL,
    deployed_by text NOT NULL,
    at timestamp with time zone DEFAULT millrace.now() NOT NULL
);
ALTER TABLE millrace.deployment ALTER COLUMN generation ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.deployment_generation_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.event (
    id bigint NOT NULL,
    view_id bigint NOT NULL,
    run_id bigint,
    kind text NOT NULL,
    span tstzmultirange,
    publish_number bigint,
    note text,
    at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    CONSTRAINT event_kind_check CHECK ((kind = ANY (ARRAY['covered'::text, 'published'::text, 'skipped'::text, 'held'::text, 'released'::text, 'stale'::text, 'rebuilt'::text, 'applied'::text, 'paused'::text, 'resumed'::text])))
);
ALTER TABLE millrace.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.migration (
    name text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE millrace.online_store (
    only_row boolean DEFAULT true NOT NULL,
    generation bigint DEFAULT 0 NOT NULL,
    server_run_id text,
    replication_id text,
    checked_at timestamp with time zone,
    CONSTRAINT online_store_only_row_check CHECK (only_row)
);
CREATE TABLE millrace.process (
    id text NOT NULL,
    kind text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    seen_at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    CONSTRAINT process_kind_check CHECK ((kind = ANY (ARRAY['scheduler'::text, 'worker'::text, 'command'::text])))
);
CREATE TABLE millrace.quarantine (
    id bigint NOT NULL,
    view_id bigint NOT NULL,
    run_id bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    "row" jsonb NOT NULL,
    at timestamp with time zone DEFAULT millrace.now() NOT NULL
);
ALTER TABLE millrace.quarantine ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.queue_fault (
    queue text NOT NULL,
    kind text NOT NULL,
    key text DEFAULT ''::text NOT NULL,
    found text NOT NULL,
    times bigint DEFAULT 1 NOT NULL,
    found_at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    repaired_at timestamp with time zone,
    CONSTRAINT queue_fault_kind_check CHECK ((kind = ANY (ARRAY['paused'::text, 'limited'::text, 'damaged'::text])))
);
CREATE TABLE millrace.removed (
    view_id bigint NOT NULL,
    run_id bigint NOT NULL,
    entity_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE millrace.run (
    id bigint NOT NULL,
    view_id bigint NOT NULL,
    span tstzrange NOT NULL,
    reason text NOT NULL,
    fingerprint text NOT NULL,
    state text DEFAULT 'planned'::text NOT NULL,
    stage text DEFAULT 'claim'::text NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    deliveries integer DEFAULT 0 NOT NULL,
    delivered_at timestamp with time zone,
    epoch integer DEFAULT 0 NOT NULL,
    read_after bigint DEFAULT 0 NOT NULL,
    owner text,
    lease_until timestamp with time zone,
    not_before timestamp with time zone,
    waiting_since timestamp with time zone,
    waiting_for text,
    staging_table text,
    refused_table text,
    staged_rows bigint,
    without_files boolean DEFAULT false NOT NULL,
    kept_refused_rows bigint,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    profile jsonb,
    notes jsonb DEFAULT '[]'::jsonb NOT NULL,
    error jsonb,
    planned_at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    started_at timestamp with time zone,
    committed_at timestamp with time zone,
    closed_at timestamp with time zone,
    history jsonb DEFAULT '[]'::jsonb NOT NULL,
    waits_for_views text[],
    files_digest text,
    CONSTRAINT run_reason_check CHECK ((reason = ANY (ARRAY['schedule'::text, 'manual'::text, 'backfill'::text, 'restate'::text]))),
    CONSTRAINT run_stage_check CHECK ((stage = ANY (ARRAY['claim'::text, 'stage'::text, 'check'::text, 'commit'::text, 'publish'::text, 'done'::text]))),
    CONSTRAINT run_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'active'::text, 'committed'::text, 'done'::text, 'failed'::text, 'cancelled'::text, 'superseded'::text])))
);
CREATE TABLE millrace.run_files (
    run_id bigint NOT NULL,
    files jsonb NOT NULL
);
ALTER TABLE millrace.run ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE millrace.view (
    id bigint NOT NULL,
    name text NOT NULL,
    spec jsonb NOT NULL,
    data_fingerprint text NOT NULL,
    meta_fingerprint text NOT NULL,
    edited_fingerprint text,
    publish_number bigint DEFAULT 0 NOT NULL,
    finished_publish_number bigint DEFAULT 0 NOT NULL,
    publish_owner text,
    publish_until timestamp with time zone,
    rebuild_reason text,
    failed_in_a_row integer DEFAULT 0 NOT NULL,
    paused_reason text,
    retired_at timestamp with time zone,
    applied_at timestamp with time zone DEFAULT millrace.now() NOT NULL,
    paused_at timestamp with time zone,
    paused_by text
);
ALTER TABLE millrace.view ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME millrace.view_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
INSERT INTO features.basket VALUES
	('ada', '2026-01-02 00:00:00+00', 1.5, 2),
	('bob', '2026-01-02 00:00:00+00', 2, 2),
	('ada', '2026-01-03 00:00:00+00', 1.5, 3),
	('bob', '2026-01-03 00:00:00+00', 2, 3),
	('ada', '2026-01-05 00:00:00+00', 1.5, 5),
	('bob', '2026-01-05 00:00:00+00', 2, 5);
INSERT INTO features.contact VALUES
	('ada', '2026-01-05 11:00:00+00', 1, 6),
	('bob', '2026-01-05 11:30:00+00', 2, 6);
INSERT INTO features.delivery VALUES
	('ada', '2026-01-03 00:00:00+00', 1, 13);
INSERT INTO features.gone VALUES
	('customer-0', '2026-01-01 00:30:00+00', 1, 8),
	('customer-0', '2026-01-01 05:30:00+00', 6, 8),
	('customer-0', '2026-01-01 10:30:00+00', 11, 8),
	('customer-0', '2026-01-01 15:30:00+00', 16, 8),
	('customer-0', '2026-01-01 20:30:00+00', 21, 8),
	('customer-0', '2026-01-02 01:30:00+00', 26, 8),
	('customer-0', '2026-01-02 06:30:00+00', 31, 8),
	('customer-0', '2026-01-02 11:30:00+00', 36, 8),
	('customer-0', '2026-01-02 16:30:00+00', 41, 8),
	('customer-0', '2026-01-02 21:30:00+00', 46, 8),
	('customer-0', '2026-01-03 02:30:00+00', 51, 8),
	('customer-0', '2026-01-03 07:30:00+00', 56, 8),
	('customer-0', '2026-01-03 12:30:00+00', 61, 8),
	('customer-0', '2026-01-03 17:30:00+00', 66, 8),
	('customer-0', '2026-01-03 22:30:00+00', 71, 8),
	('customer-0', '2026-01-04 03:30:00+00', 76, 8),
	('customer-0', '2026-01-04 08:30:00+00', 81, 8),
	('customer-0', '2026-01-04 13:30:00+00', 86, 8),
	('customer-0', '2026-01-04 18:30:00+00', 91, 8),
	('customer-0', '2026-01-04 23:30:00+00', 96, 8),
	('customer-1', '2026-01-01 01:30:00+00', 2, 8),
	('customer-1', '2026-01-01 06:30:00+00', 7, 8),
	('customer-1', '2026-01-01 11:30:00+00', 12, 8),
	('customer-1', '2026-01-01 16:30:00+00', 17, 8),
	('customer-1', '2026-01-01 21:30:00+00', 22, 8),
	('customer-1', '2026-01-02 02:30:00+00', 27, 8),
	('customer-1', '2026-01-02 07:30:00+00', 32, 8),
	('customer-1', '2026-01-02 12:30:00+00', 37, 8),
	('customer-1', '2026-01-02 17:30:00+00', 42, 8),
	('customer-1', '2026-01-02 22:30:00+00', 47, 8),
	('customer-1', '2026-01-03 03:30:00+00', 52, 8),
	('customer-1', '2026-01-03 08:30:00+00', 57, 8),
	('customer-1', '2026-01-03 13:30:00+00', 62, 8),
	('customer-1', '2026-01-03 18:30:00+00', 67, 8),
	('customer-1', '2026-01-03 23:30:00+00', 72, 8),
	('customer-1', '2026-01-04 04:30:00+00', 77, 8),
	('customer-1', '2026-01-04 09:30:00+00', 82, 8),
	('customer-1', '2026-01-04 14:30:00+00', 87, 8),
	('customer-1', '2026-01-04 19:30:00+00', 92, 8),
	('customer-2', '2026-01-01 02:30:00+00', 3, 8),
	('customer-2', '2026-01-01 07:30:00+00', 8, 8),
	('customer-2', '2026-01-01 12:30:00+00', 13, 8),
	('customer-2', '2026-01-01 17:30:00+00', 18, 8),
	('customer-2', '2026-01-01 22:30:00+00', 23, 8),
	('customer-2', '2026-01-02 03:30:00+00', 28, 8),
	('customer-2', '2026-01-02 08:30:00+00', 33, 8),
	('customer-2', '2026-01-02 13:30:00+00', 38, 8),
	('customer-2', '2026-01-02 18:30:00+00', 43, 8),
	('customer-2', '2026-01-02 23:30:00+00', 48, 8),
	('customer-2', '2026-01-03 04:30:00+00', 53, 8),
	('customer-2', '2026-01-03 09:30:00+00', 58, 8),
	('customer-2', '2026-01-03 14:30:00+00', 63, 8),
	('customer-2', '2026-01-03 19:30:00+00', 68, 8),
	('customer-2', '2026-01-04 00:30:00+00', 73, 8),
	('customer-2', '2026-01-04 05:30:00+00', 78, 8),
	('customer-2', '2026-01-04 10:30:00+00', 83, 8),
	('customer-2', '2026-01-04 15:30:00+00', 88, 8),
	('customer-2', '2026-01-04 20:30:00+00', 93, 8),
	('customer-3', '2026-01-01 03:30:00+00', 4, 8),
	('customer-3', '2026-01-01 08:30:00+00', 9, 8),
	('customer-3', '2026-01-01 13:30:00+00', 14, 8),
	('customer-3', '2026-01-01 18:30:00+00', 19, 8),
	('customer-3', '2026-01-01 23:30:00+00', 24, 8),
	('customer-3', '2026-01-02 04:30:00+00', 29, 8),
	('customer-3', '2026-01-02 09:30:00+00', 34, 8),
	('customer-3', '2026-01-02 14:30:00+00', 39, 8),
	('customer-3', '2026-01-02 19:30:00+00', 44, 8),
	('customer-3', '2026-01-03 00:30:00+00', 49, 8),
	('customer-3', '2026-01-03 05:30:00+00', 54, 8),
	('customer-3', '2026-01-03 10:30:00+00', 59, 8),
	('customer-3', '2026-01-03 15:30:00+00', 64, 8),
	('customer-3', '2026-01-03 20:30:00+00', 69, 8),
	('customer-3', '2026-01-04 01:30:00+00', 74, 8),
	('customer-3', '2026-01-04 06:30:00+00', 79, 8),
	('customer-3', '2026-01-04 11:30:00+00', 84, 8),
	('customer-3', '2026-01-04 16:30:00+00', 89, 8),
	('customer-3', '2026-01-04 21:30:00+00', 94, 8),
	('customer-4', '2026-01-01 04:30:00+00', 5, 8),
	('customer-4', '2026-01-01 09:30:00+00', 10, 8),
	('customer-4', '2026-01-01 14:30:00+00', 15, 8),
	('customer-4', '2026-01-01 19:30:00+00', 20, 8),
	('customer-4', '2026-01-02 00:30:00+00', 25, 8),
	('customer-4', '2026-01-02 05:30:00+00', 30, 8),
	('customer-4', '2026-01-02 10:30:00+00', 35, 8),
	('customer-4', '2026-01-02 15:30:00+00', 40, 8),
	('customer-4', '2026-01-02 20:30:00+00', 45, 8),
	('customer-4', '2026-01-03 01:30:00+00', 50, 8),
	('customer-4', '2026-01-03 06:30:00+00', 55, 8),
	('customer-4', '2026-01-03 11:30:00+00', 60, 8),
	('customer-4', '2026-01-03 16:30:00+00', 65, 8),
	('customer-4', '2026-01-03 21:30:00+00', 70, 8),
	('customer-4', '2026-01-04 02:30:00+00', 75, 8),
	('customer-4', '2026-01-04 07:30:00+00', 80, 8),
	('customer-4', '2026-01-04 12:30:00+00', 85, 8),
	('customer-4', '2026-01-04 17:30:00+00', 90, 8),
	('customer-4', '2026-01-04 22:30:00+00', 95, 8);
INSERT INTO features.orders VALUES
	('customer-0', '2026-01-01 00:30:00+00', 1, 1),
	('customer-0', '2026-01-01 05:30:00+00', 6, 1),
	('customer-0', '2026-01-01 10:30:00+00', 11, 1),
	('customer-0', '2026-01-01 15:30:00+00', 16, 1),
	('customer-0', '2026-01-01 20:30:00+00', 21, 1),
	('customer-0', '2026-01-02 01:30:00+00', 26, 1),
	('customer-0', '2026-01-02 06:30:00+00', 31, 1),
	('customer-0', '2026-01-02 11:30:00+00', 36, 1),
	('customer-0', '2026-01-02 16:30:00+00', 41, 1),
	('customer-0', '2026-01-02 21:30:00+00', 46, 1),
	('customer-0', '2026-01-03 02:30:00+00', 51, 1),
	('customer-0', '2026-01-03 07:30:00+00', 56, 1),
	('customer-0', '2026-01-03 12:30:00+00', 61, 1),
	('customer-0', '2026-01-03 17:30:00+00', 66, 1),
	('customer-0', '2026-01-03 22:30:00+00', 71, 1),
	('customer-0', '2026-01-04 03:30:00+00', 76, 1),
	('customer-0', '2026-01-04 08:30:00+00', 81, 1),
	('customer-0', '2026-01-04 13:30:00+00', 86, 1),
	('customer-0', '2026-01-04 18:30:00+00', 91, 1),
	('customer-0', '2026-01-04 23:30:00+00', 96, 1),
	('customer-0', '2026-01-05 04:30:00+00', 101, 1),
	('customer-0', '2026-01-05 09:30:00+00', 106, 1),
	('customer-1', '2026-01-01 01:30:00+00', 2, 1),
	('customer-1', '2026-01-01 06:30:00+00', 7, 1),
	('customer-1', '2026-01-01 11:30:00+00', 12, 1),
	('customer-1', '2026-01-01 16:30:00+00', 17, 1),
	('customer-1', '2026-01-01 21:30:00+00', 22, 1),
	('customer-1', '2026-01-02 02:30:00+00', 27, 1),
	('customer-1', '2026-01-02 07:30:00+00', 32, 1),
	('customer-1', '2026-01-02 12:30:00+00', 37, 1),
	('customer-1', '2026-01-02 17:30:00+00', 42, 1),
	('customer-1', '2026-01-02 22:30:00+00', 47, 1),
	('customer-1', '2026-01-03 03:30:00+00', 52, 1),
	('customer-1', '2026-01-03 08:30:00+00', 57, 1),
	('customer-1', '2026-01-03 13:30:00+00', 62, 1),
	('customer-1', '2026-01-03 18:30:00+00', 67, 1),
	('customer-1', '2026-01-03 23:30:00+00', 72, 1),
	('customer-1', '2026-01-04 04:30:00+00', 77, 1),
	('customer-1', '2026-01-04 09:30:00+00', 82, 1),
	('customer-1', '2026-01-04 14:30:00+00', 87, 1),
	('customer-1', '2026-01-04 19:30:00+00', 92, 1),
	('customer-1', '2026-01-05 00:30:00+00', 97, 1),
	('customer-1', '2026-01-05 05:30:00+00', 102, 1),
	('customer-1', '2026-01-05 10:30:00+00', 107, 1),
	('customer-2', '2026-01-01 02:30:00+00', 3, 1),
	('customer-2', '2026-01-01 07:30:00+00', 8, 1),
	('customer-2', '2026-01-01 12:30:00+00', 13, 1),
	('customer-2', '2026-01-01 17:30:00+00', 18, 1),
	('customer-2', '2026-01-01 22:30:00+00', 23, 1),
	('customer-2', '2026-01-02 03:30:00+00', 28, 1),
	('customer-2', '2026-01-02 08:30:00+00', 33, 1),
	('customer-2', '2026-01-02 13:30:00+00', 38, 1),
	('customer-2', '2026-01-02 18:30:00+00', 43, 1),
	('customer-2', '2026-01-02 23:30:00+00', 48, 1),
	('customer-2', '2026-01-03 04:30:00+00', 53, 1),
	('customer-2', '2026-01-03 09:30:00+00', 58, 1),
	('customer-2', '2026-01-03 14:30:00+00', 63, 1),
	('customer-2', '2026-01-03 19:30:00+00', 68, 1),
	('customer-2', '2026-01-04 00:30:00+00', 73, 1),
	('customer-2', '2026-01-04 05:30:00+00', 78, 1),
	('customer-2', '2026-01-04 10:30:00+00', 83, 1),
	('customer-2', '2026-01-04 15:30:00+00', 88, 1),
	('customer-2', '2026-01-04 20:30:00+00', 93, 1),
	('customer-2', '2026-01-05 01:30:00+00', 98, 1),
	('customer-2', '2026-01-05 06:30:00+00', 103, 1),
	('customer-3', '2026-01-01 03:30:00+00', 4, 1),
	('customer-3', '2026-01-01 08:30:00+00', 9, 1),
	('customer-3', '2026-01-01 13:30:00+00', 14, 1),
	('customer-3', '2026-01-01 18:30:00+00', 19, 1),
	('customer-3', '2026-01-01 23:30:00+00', 24, 1),
	('customer-3', '2026-01-02 04:30:00+00', 29, 1),
	('customer-3', '2026-01-02 09:30:00+00', 34, 1),
	('customer-3', '2026-01-02 14:30:00+00', 39, 1),
	('customer-3', '2026-01-02 19:30:00+00', 44, 1),
	('customer-3', '2026-01-03 00:30:00+00', 49, 1),
	('customer-3', '2026-01-03 05:30:00+00', 54, 1),
	('customer-3', '2026-01-03 10:30:00+00', 59, 1),
	('customer-3', '2026-01-03 15:30:00+00', 64, 1),
	('customer-3', '2026-01-03 20:30:00+00', 69, 1),
	('customer-3', '2026-01-04 01:30:00+00', 74, 1),
	('customer-3', '2026-01-04 06:30:00+00', 79, 1),
	('customer-3', '2026-01-04 11:30:00+00', 84, 1),
	('customer-3', '2026-01-04 16:30:00+00', 89, 1),
	('customer-3', '2026-01-04 21:30:00+00', 94, 1),
	('customer-3', '2026-01-05 02:30:00+00', 99, 1),
	('customer-3', '2026-01-05 07:30:00+00', 104, 1),
	('customer-4', '2026-01-01 04:30:00+00', 5, 1),
	('customer-4', '2026-01-01 09:30:00+00', 10, 1),
	('customer-4', '2026-01-01 14:30:00+00', 15, 1),
	('customer-4', '2026-01-01 19:30:00+00', 20, 1),
	('customer-4', '2026-01-02 00:30:00+00', 25, 1),
	('customer-4', '2026-01-02 05:30:00+00', 30, 1),
	('customer-4', '2026-01-02 10:30:00+00', 35, 1),
	('customer-4', '2026-01-02 15:30:00+00', 40, 1),
	('customer-4', '2026-01-02 20:30:00+00', 45, 1),
	('customer-4', '2026-01-03 01:30:00+00', 50, 1),
	('customer-4', '2026-01-03 06:30:00+00', 55, 1),
	('customer-4', '2026-01-03 11:30:00+00', 60, 1),
	('customer-4', '2026-01-03 16:30:00+00', 65, 1),
	('customer-4', '2026-01-03 21:30:00+00', 70, 1);
INSERT INTO features.orders VALUES
	('customer-4', '2026-01-04 02:30:00+00', 75, 1),
	('customer-4', '2026-01-04 07:30:00+00', 80, 1),
	('customer-4', '2026-01-04 12:30:00+00', 85, 1),
	('customer-4', '2026-01-04 17:30:00+00', 90, 1),
	('customer-4', '2026-01-04 22:30:00+00', 95, 1),
	('customer-4', '2026-01-05 03:30:00+00', 100, 1),
	('customer-4', '2026-01-05 08:30:00+00', 105, 1),
	('customer-2', '2026-01-05 11:30:00+00', 108, 21),
	('customer-3', '2026-01-05 12:30:00+00', 109, 21),
	('customer-4', '2026-01-05 13:30:00+00', 110, 36),
	('customer-0', '2026-01-05 14:30:00+00', 111, 36),
	('customer-1', '2026-01-05 15:30:00+00', 112, 36),
	('customer-2', '2026-01-05 16:30:00+00', 113, 36),
	('customer-3', '2026-01-05 17:30:00+00', 114, 36),
	('customer-4', '2026-01-05 18:30:00+00', 115, 36),
	('customer-0', '2026-01-05 19:30:00+00', 116, 36),
	('customer-1', '2026-01-05 20:30:00+00', 117, 36),
	('customer-2', '2026-01-05 21:30:00+00', 118, 36),
	('customer-3', '2026-01-05 22:30:00+00', 119, 36),
	('customer-4', '2026-01-05 23:30:00+00', 120, 36),
	('customer-0', '2026-01-06 00:30:00+00', 121, 36);
INSERT INTO features.reviews VALUES
	('customer-0', '2026-01-01 00:30:00+00', 1, 7),
	('customer-0', '2026-01-01 05:30:00+00', 6, 7),
	('customer-0', '2026-01-01 10:30:00+00', 11, 7),
	('customer-0', '2026-01-01 15:30:00+00', 16, 7),
	('customer-0', '2026-01-01 20:30:00+00', 21, 7),
	('customer-0', '2026-01-02 01:30:00+00', 26, 7),
	('customer-0', '2026-01-02 06:30:00+00', 31, 7),
	('customer-0', '2026-01-02 11:30:00+00', 36, 7),
	('customer-0', '2026-01-02 16:30:00+00', 41, 7),
	('customer-0', '2026-01-02 21:30:00+00', 46, 7),
	('customer-0', '2026-01-03 02:30:00+00', 51, 7),
	('customer-0', '2026-01-03 07:30:00+00', 56, 7),
	('customer-0', '2026-01-03 12:30:00+00', 61, 7),
	('customer-0', '2026-01-03 17:30:00+00', 66, 7),
	('customer-0', '2026-01-03 22:30:00+00', 71, 7),
	('customer-0', '2026-01-04 03:30:00+00', 76, 7),
	('customer-0', '2026-01-04 08:30:00+00', 81, 7),
	('customer-0', '2026-01-04 13:30:00+00', 86, 7),
	('customer-0', '2026-01-04 18:30:00+00', 91, 7),
	('customer-0', '2026-01-04 23:30:00+00', 96, 7),
	('customer-1', '2026-01-01 01:30:00+00', 2, 7),
	('customer-1', '2026-01-01 06:30:00+00', 7, 7),
	('customer-1', '2026-01-01 11:30:00+00', 12, 7),
	('customer-1', '2026-01-01 16:30:00+00', 17, 7),
	('customer-1', '2026-01-01 21:30:00+00', 22, 7),
	('customer-1', '2026-01-02 02:30:00+00', 27, 7),
	('customer-1', '2026-01-02 07:30:00+00', 32, 7),
	('customer-1', '2026-01-02 12:30:00+00', 37, 7),
	('customer-1', '2026-01-02 17:30:00+00', 42, 7),
	('customer-1', '2026-01-02 22:30:00+00', 47, 7),
	('customer-1', '2026-01-03 03:30:00+00', 52, 7),
	('customer-1', '2026-01-03 08:30:00+00', 57, 7),
	('customer-1', '2026-01-03 13:30:00+00', 62, 7),
	('customer-1', '2026-01-03 18:30:00+00', 67, 7),
	('customer-1', '2026-01-03 23:30:00+00', 72, 7),
	('customer-1', '2026-01-04 04:30:00+00', 77, 7),
	('customer-1', '2026-01-04 09:30:00+00', 82, 7),
	('customer-1', '2026-01-04 14:30:00+00', 87, 7),
	('customer-1', '2026-01-04 19:30:00+00', 92, 7),
	('customer-2', '2026-01-01 02:30:00+00', 3, 7),
	('customer-2', '2026-01-01 07:30:00+00', 8, 7),
	('customer-2', '2026-01-01 12:30:00+00', 13, 7),
	('customer-2', '2026-01-01 17:30:00+00', 18, 7),
	('customer-2', '2026-01-01 22:30:00+00', 23, 7),
	('customer-2', '2026-01-02 03:30:00+00', 28, 7),
	('customer-2', '2026-01-02 08:30:00+00', 33, 7),
	('customer-2', '2026-01-02 13:30:00+00', 38, 7),
	('customer-2', '2026-01-02 18:30:00+00', 43, 7),
	('customer-2', '2026-01-02 23:30:00+00', 48, 7),
	('customer-2', '2026-01-03 04:30:00+00', 53, 7),
	('customer-2', '2026-01-03 09:30:00+00', 58, 7),
	('customer-2', '2026-01-03 14:30:00+00', 63, 7),
	('customer-2', '2026-01-03 19:30:00+00', 68, 7),
	('customer-2', '2026-01-04 00:30:00+00', 73, 7),
	('customer-2', '2026-01-04 05:30:00+00', 78, 7),
	('customer-2', '2026-01-04 10:30:00+00', 83, 7),
	('customer-2', '2026-01-04 15:30:00+00', 88, 7),
	('customer-2', '2026-01-04 20:30:00+00', 93, 7),
	('customer-3', '2026-01-01 03:30:00+00', 4, 7),
	('customer-3', '2026-01-01 08:30:00+00', 9, 7),
	('customer-3', '2026-01-01 13:30:00+00', 14, 7),
	('customer-3', '2026-01-01 18:30:00+00', 19, 7),
	('customer-3', '2026-01-01 23:30:00+00', 24, 7),
	('customer-3', '2026-01-02 04:30:00+00', 29, 7),
	('customer-3', '2026-01-02 09:30:00+00', 34, 7),
	('customer-3', '2026-01-02 14:30:00+00', 39, 7),
	('customer-3', '2026-01-02 19:30:00+00', 44, 7),
	('customer-3', '2026-01-03 00:30:00+00', 49, 7),
	('customer-3', '2026-01-03 05:30:00+00', 54, 7),
	('customer-3', '2026-01-03 10:30:00+00', 59, 7),
	('customer-3', '2026-01-03 15:30:00+00', 64, 7),
	('customer-3', '2026-01-03 20:30:00+00', 69, 7),
	('customer-3', '2026-01-04 01:30:00+00', 74, 7),
	('customer-3', '2026-01-04 06:30:00+00', 79, 7),
	('customer-3', '2026-01-04 11:30:00+00', 84, 7),
	('customer-3', '2026-01-04 16:30:00+00', 89, 7),
	('customer-3', '2026-01-04 21:30:00+00', 94, 7),
	('customer-4', '2026-01-01 04:30:00+00', 5, 7),
	('customer-4', '2026-01-01 09:30:00+00', 10, 7),
	('customer-4', '2026-01-01 14:30:00+00', 15, 7),
	('customer-4', '2026-01-01 19:30:00+00', 20, 7),
	('customer-4', '2026-01-02 00:30:00+00', 25, 7),
	('customer-4', '2026-01-02 05:30:00+00', 30, 7),
	('customer-4', '2026-01-02 10:30:00+00', 35, 7),
	('customer-4', '2026-01-02 15:30:00+00', 40, 7),
	('customer-4', '2026-01-02 20:30:00+00', 45, 7),
	('customer-4', '2026-01-03 01:30:00+00', 50, 7),
	('customer-4', '2026-01-03 06:30:00+00', 55, 7),
	('customer-4', '2026-01-03 11:30:00+00', 60, 7),
	('customer-4', '2026-01-03 16:30:00+00', 65, 7),
	('customer-4', '2026-01-03 21:30:00+00', 70, 7),
	('customer-4', '2026-01-04 02:30:00+00', 75, 7),
	('customer-4', '2026-01-04 07:30:00+00', 80, 7),
	('customer-4', '2026-01-04 12:30:00+00', 85, 7),
	('customer-4', '2026-01-04 17:30:00+00', 90, 7),
	('customer-4', '2026-01-04 22:30:00+00', 95, 7);
INSERT INTO features.spend VALUES
	('customer-0', '2026-01-02 00:00:00+00', 55, 9),
	('customer-1', '2026-01-02 00:00:00+00', 60, 9),
	('customer-2', '2026-01-02 00:00:00+00', 65, 9),
	('customer-3', '2026-01-02 00:00:00+00', 70, 9),
	('customer-4', '2026-01-02 00:00:00+00', 50, 9),
	('customer-0', '2026-01-03 00:00:00+00', 235, 10),
	('customer-1', '2026-01-03 00:00:00+00', 245, 10),
	('customer-2', '2026-01-03 00:00:00+00', 255, 10),
	('customer-3', '2026-01-03 00:00:00+00', 216, 10),
	('customer-4', '2026-01-03 00:00:00+00', 225, 10),
	('customer-0', '2026-01-04 00:00:00+00', 540, 11),
	('customer-1', '2026-01-04 00:00:00+00', 555, 11),
	('customer-2', '2026-01-04 00:00:00+00', 497, 11),
	('customer-3', '2026-01-04 00:00:00+00', 511, 11),
	('customer-4', '2026-01-04 00:00:00+00', 525, 11),
	('customer-0', '2026-01-05 00:00:00+00', 970, 12),
	('customer-1', '2026-01-05 00:00:00+00', 893, 12),
	('customer-2', '2026-01-05 00:00:00+00', 912, 12),
	('customer-3', '2026-01-05 00:00:00+00', 931, 12),
	('customer-4', '2026-01-05 00:00:00+00', 950, 12),
	('customer-0', '2026-01-06 00:00:00+00', 1404, 38),
	('customer-1', '2026-01-06 00:00:00+00', 1428, 38),
	('customer-2', '2026-01-06 00:00:00+00', 1452, 38),
	('customer-3', '2026-01-06 00:00:00+00', 1476, 38),
	('customer-4', '2026-01-06 00:00:00+00', 1500, 38);
INSERT INTO features.stock VALUES
	('customer-3', '2026-01-05 12:30:00+00', 109, 22);
INSERT INTO features.visits VALUES
	('customer-0', '2026-01-03 07:30:00+00', 0.017857142857142856, 24),
	('customer-1', '2026-01-03 08:30:00+00', 0.017543859649122806, 24),
	('customer-2', '2026-01-03 09:30:00+00', 0.017241379310344827, 24),
	('customer-3', '2026-01-03 10:30:00+00', 0.01694915254237288, 24),
	('customer-4', '2026-01-03 06:30:00+00', 0.01818181818181818, 24),
	('customer-4', '2026-01-03 11:30:00+00', 0.016666666666666666, 24),
	('customer-0', '2026-01-03 12:30:00+00', 0.01639344262295082, 25),
	('customer-0', '2026-01-03 17:30:00+00', 0.015151515151515152, 25),
	('customer-1', '2026-01-03 13:30:00+00', 0.016129032258064516, 25),
	('customer-2', '2026-01-03 14:30:00+00', 0.015873015873015872, 25),
	('customer-3', '2026-01-03 15:30:00+00', 0.015625, 25),
	('customer-4', '2026-01-03 16:30:00+00', 0.015384615384615385, 25),
	('customer-0', '2026-01-03 22:30:00+00', 0.014084507042253521, 26),
	('customer-1', '2026-01-03 18:30:00+00', 0.014925373134328358, 26),
	('customer-1', '2026-01-03 23:30:00+00', 0.013888888888888888, 26),
	('customer-2', '2026-01-03 19:30:00+00', 0.014705882352941176, 26),
	('customer-3', '2026-01-03 20:30:00+00', 0.014492753623188406, 26),
	('customer-4', '2026-01-03 21:30:00+00', 0.014285714285714285, 26),
	('customer-0', '2026-01-04 13:30:00+00', 0.011627906976744186, 32),
	('customer-0', '2026-01-04 18:30:00+00', 0.01098901098901099, 32),
	('customer-0', '2026-01-04 23:30:00+00', 0.010416666666666666, 32),
	('customer-1', '2026-01-04 14:30:00+00', 0.011494252873563218, 32),
	('customer-1', '2026-01-04 19:30:00+00', 0.010869565217391304, 32),
	('customer-2', '2026-01-04 15:30:00+00', 0.011363636363636364, 32),
	('customer-2', '2026-01-04 20:30:00+00', 0.010752688172043012, 32),
	('customer-3', '2026-01-04 16:30:00+00', 0.011235955056179775, 32),
	('customer-3', '2026-01-04 21:30:00+00', 0.010638297872340425, 32),
	('customer-4', '2026-01-04 12:30:00+00', 0.011764705882352941, 32),
	('customer-4', '2026-01-04 17:30:00+00', 0.011111111111111112, 32),
	('customer-4', '2026-01-04 22:30:00+00', 0.010526315789473684, 32),
	('customer-0', '2026-01-04 03:30:00+00', 0.013157894736842105, 31),
	('customer-0', '2026-01-04 08:30:00+00', 0.012345679012345678, 31),
	('customer-1', '2026-01-04 04:30:00+00', 0.012987012987012988, 31),
	('customer-1', '2026-01-04 09:30:00+00', 0.012195121951219513, 31),
	('customer-2', '2026-01-04 00:30:00+00', 0.0136986301369863, 31),
	('customer-2', '2026-01-04 05:30:00+00', 0.01282051282051282, 31),
	('customer-2', '2026-01-04 10:30:00+00', 0.012048192771084338, 31),
	('customer-3', '2026-01-04 01:30:00+00', 0.013513513513513514, 31),
	('customer-3', '2026-01-04 06:30:00+00', 0.012658227848101266, 31),
	('customer-3', '2026-01-04 11:30:00+00', 0.011904761904761904, 31),
	('customer-4', '2026-01-04 02:30:00+00', 0.013333333333333334, 31),
	('customer-4', '2026-01-04 07:30:00+00', 0.0125, 31),
	('customer-0', '2026-01-05 14:30:00+00', 0.009009009009009009, 42),
	('customer-0', '2026-01-05 19:30:00+00', 0.008620689655172414, 42),
	('customer-0', '2026-01-06 00:30:00+00', 0.008264462809917356, 42),
	('customer-1', '2026-01-05 15:30:00+00', 0.008928571428571428, 42),
	('customer-1', '2026-01-05 20:30:00+00', 0.008547008547008548, 42),
	('customer-1', '2026-01-06 01:30:00+00', 0.00819672131147541, 42),
	('customer-2', '2026-01-05 16:30:00+00', 0.008849557522123894, 42),
	('customer-2', '2026-01-05 21:30:00+00', 0.00847457627118644, 42),
	('customer-3', '2026-01-05 12:30:00+00', 0.009174311926605505, 42),
	('customer-3', '2026-01-05 17:30:00+00', 0.008771929824561403, 42),
	('customer-3', '2026-01-05 22:30:00+00', 0.008403361344537815, 42),
	('customer-4', '2026-01-05 13:30:00+00', 0.00909090909090909, 42),
	('customer-4', '2026-01-05 18:30:00+00', 0.008695652173913044, 42),
	('customer-4', '2026-01-05 23:30:00+00', 0.008333333333333333, 42);
INSERT INTO millrace.alert OVERRIDING SYSTEM VALUE VALUES
	(1, 'a17753b017892369', 'run_failed', 4, '2026-01-05 13:10:00+00', 'The last 2 runs of failing failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.', '{"run": 18, "code": "SOURCE_QUERY", "message": "View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.", "failures": 2}', '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', 1, NULL, NULL),
	(2, '311b549b614f9c2d', 'circuit_open', 4, '2026-01-05 13:10:00+00', 'failing is paused because its runs failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero; "millrace resume failing" lets it go on.', '{"run": 18, "code": "SOURCE_QUERY", "message": "View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.", "failures": 2}', '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', 2, NULL, NULL),
	(3, 'c2d1fe961ced784b', 'refused_share', 7, '2026-01-06 01:10:00+00', 'The last 7 runs of spend refused 12 of 47 rows (25.5 %).', '{"run": 38, "read": 47, "runs": 7, "refused": 12}', '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', 3, NULL, NULL);
INSERT INTO millrace.alert_delivery VALUES
	('c5b43432-7ccb-4d18-a5e1-61aa0bb4f64a', 1, 'ops', 'pending', 0, '2026-01-06 02:10:00+00', NULL, NULL, NULL),
	('2a55ddd6-7e29-4b47-948b-a01573ea4d59', 2, 'ops', 'pending', 0, '2026-01-06 02:10:00+00', NULL, NULL, NULL),
	('08f68e52-0901-4224-a616-0298131191d5', 3, 'ops', 'pending', 0, '2026-01-06 02:10:00+00', NULL, NULL, NULL);
INSERT INTO millrace.alert_message OVERRIDING SYSTEM VALUE VALUES
	(1, 'a17753b017892369', 'firing', '{"version":1,"id":"526768cd-3598-4d83-9a53-bd308beccd21","status":"firing","at":"2026-01-06T02:10:00.000Z","project":"shop","rule":{"id":"a17753b017892369","when":"run_failed"},"ended":null,"summary":"The last 2 runs of failing failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.","total":1,"views":[{"name":"failing","since":"2026-01-05T13:10:00.000Z","until":null,"what":"The last 2 runs of failing failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.","run":18,"lagMs":null,"refusedShare":null,"link":null}],"link":null}', '2026-01-06 02:10:00+00'),
	(2, '311b549b614f9c2d', 'firing', '{"version":1,"id":"3e9ac49f-c785-40ba-b363-ef7356053e52","status":"firing","at":"2026-01-06T02:10:00.000Z","project":"shop","rule":{"id":"311b549b614f9c2d","when":"circuit_open"},"ended":null,"summary":"failing is paused because its runs failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero; \"millrace resume failing\" lets it go on.","total":1,"views":[{"name":"failing","since":"2026-01-05T13:10:00.000Z","until":null,"what":"failing is paused because its runs failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero; \"millrace resume failing\" lets it go on.","run":18,"lagMs":null,"refusedShare":null,"link":null}],"link":null}', '2026-01-06 02:10:00+00'),
	(3, 'c2d1fe961ced784b', 'firing', '{"version":1,"id":"f461a7b3-7d69-428d-bcd2-cd541dc11c04","status":"firing","at":"2026-01-06T02:10:00.000Z","project":"shop","rule":{"id":"c2d1fe961ced784b","when":"refused_share"},"ended":null,"summary":"The last 7 runs of spend refused 12 of 47 rows (25.5 %).","total":1,"views":[{"name":"spend","since":"2026-01-06T01:10:00.000Z","until":null,"what":"The last 7 runs of spend refused 12 of 47 rows (25.5 %).","run":38,"lagMs":null,"refusedShare":0.2553191489361702,"link":null}],"link":null}', '2026-01-06 02:10:00+00');
INSERT INTO millrace.backfill OVERRIDING SYSTEM VALUE VALUES
	(1, 9, '["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")', 'missing', 'partial', NULL, false, 2, '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', '[]', 'unknown@host', '2026-01-05 13:10:00+00', NULL, '2026-01-05 13:10:00+00'),
	(2, 9, '["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")', 'missing', 'paused', NULL, false, 2, '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', '[]', 'unknown@host', '2026-01-05 13:10:00+00', NULL, NULL),
	(3, 9, '["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")', 'missing', 'cancelled', NULL, true, 2, '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', '[]', 'unknown@host', '2026-01-05 13:10:00+00', NULL, '2026-01-05 13:10:00+00'),
	(4, 9, '["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")', 'missing', 'complete', NULL, false, 2, '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', '[]', 'unknown@host', '2026-01-05 13:10:00+00', NULL, '2026-01-05 13:10:00+00');
INSERT INTO millrace.backfill_chunk VALUES
	(1, 1, '["2026-01-03 00:00:00+00","2026-01-03 06:00:00+00")', 23, NULL, false),
	(1, 2, '["2026-01-03 06:00:00+00","2026-01-03 12:00:00+00")', 24, NULL, false),
	(1, 3, '["2026-01-03 12:00:00+00","2026-01-03 18:00:00+00")', 25, NULL, false),
	(1, 4, '["2026-01-03 18:00:00+00","2026-01-04 00:00:00+00")', 26, NULL, false),
	(2, 3, '["2026-01-01 12:00:00+00","2026-01-01 18:00:00+00")', NULL, NULL, false),
	(2, 4, '["2026-01-01 18:00:00+00","2026-01-02 00:00:00+00")', NULL, NULL, false),
	(2, 2, '["2026-01-01 06:00:00+00","2026-01-01 12:00:00+00")', NULL, NULL, false),
	(2, 1, '["2026-01-01 00:00:00+00","2026-01-01 06:00:00+00")', NULL, NULL, false),
	(3, 3, '["2026-01-02 00:00:00+00","2026-01-02 08:00:00+00")', NULL, NULL, false),
	(3, 1, '["2026-01-02 16:00:00+00","2026-01-03 00:00:00+00")', 29, NULL, false),
	(3, 2, '["2026-01-02 08:00:00+00","2026-01-02 16:00:00+00")', 30, NULL, false),
	(4, 1, '["2026-01-04 00:00:00+00","2026-01-04 12:00:00+00")', 31, NULL, false),
	(4, 2, '["2026-01-04 12:00:00+00","2026-01-05 00:00:00+00")', 32, NULL, false);
INSERT INTO millrace.backlog OVERRIDING SYSTEM VALUE VALUES
	(1, 9, 'restate', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', '{["2026-01-05 20:00:00+00","2026-01-05 22:00:00+00")}', '2026-01-06 02:10:00+00');
INSERT INTO millrace.coverage VALUES
	(1, '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', '{}', '{}', '{}', '2026-01-06 00:00:00+00', NULL, 6, '{}', '{}'),
	(3, '{}', '{}', '{}', '{}', '{}', '2026-01-05 00:00:00+00', '2026-01-05 12:00:00+00', 2, '{}', '{}'),
	(6, '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', '{}', '{}', '{}', '2026-01-05 00:00:00+00', NULL, 96, '{}', '{}'),
	(7, '{["2026-01-01 00:00:00+00","2026-01-06 00:00:00+00")}', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', '{}', '{}', '{}', '2026-01-06 00:00:00+00', NULL, 25, '{}', '{}'),
	(5, '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', '{}', '{}', '{}', '2026-01-05 00:00:00+00', NULL, 96, '{}', '{}'),
	(8, '{["2026-01-01 00:00:00+00","2026-01-06 01:00:00+00")}', '{["2026-01-01 00:00:00+00","2026-01-06 01:00:00+00")}', '{}', '{}', '{["2026-01-01 00:00:00+00","2026-01-01 06:00:00+00"),["2026-01-05 23:00:00+00","2026-01-06 01:00:00+00")}', '2026-01-06 02:00:00+00', NULL, 121, '{}', '{}'),
	(10, '{["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")}', '{["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")}', '{["2026-01-01 00:00:00+00","2026-01-05 11:00:00+00")}', '{}', '{["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")}', '2026-01-06 02:00:00+00', NULL, 1, '{}', '{["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")}'),
	(2, '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', '{}', '{}', '{}', '2026-01-06 00:00:00+00', NULL, 1, '{}', '{}'),
	(9, '{["2026-01-03 06:00:00+00","2026-01-05 00:00:00+00"),["2026-01-05 12:00:00+00","2026-01-06 02:00:00+00")}', '{["2026-01-03 06:00:00+00","2026-01-05 00:00:00+00"),["2026-01-05 12:00:00+00","2026-01-06 02:00:00+00")}', '{["2026-01-01 00:00:00+00","2026-01-03 06:00:00+00"),["2026-01-05 00:00:00+00","2026-01-05 12:00:00+00")}', '{["2026-01-03 00:00:00+00","2026-01-03 06:00:00+00")}', '{}', '2026-01-06 02:00:00+00', NULL, 56, '{}', '{}'),
	(4, '{}', '{}', '{}', '{["2026-01-05 09:00:00+00","2026-01-05 11:00:00+00")}', '{}', '2026-01-05 13:00:00+00', NULL, 0, '{}', '{}');
INSERT INTO millrace.deployment OVERRIDING SYSTEM VALUE VALUES
	(1, '61288ef25e3bce1c', '{"hourly": {"cron": "5 * * * *", "name": "hourly", "since": 0, "views": ["orders", "visits", "failing", "tag:after"], "paused": false, "retries": {"maxMs": 600000, "attempts": 5, "backoffMs": 30000}, "priority": 5, "timezone": "UTC", "timeoutMs": 1800000, "description": ""}, "nightly": {"cron": "15 3 * * *", "name": "nightly", "since": 0, "views": ["spend", "basket", "contact", "reviews"], "paused": false, "retries": {"maxMs": 600000, "attempts": 2, "backoffMs": 30000}, "priority": 5, "timezone": "Europe/London", "timeoutMs": 1800000, "description": ""}}', true, '0.1.0', 'host.1.aaaaaaaa', '2026-01-05 12:00:00+00'),
	(2, '491d1798af532406', '{"hourly": {"cron": "5 * * * *", "name": "hourly", "since": 0, "views": ["orders", "visits", "failing", "tag:after"], "paused": false, "retries": {"maxMs": 600000, "attempts": 5, "backoffMs": 30000}, "priority": 5, "timezone": "UTC", "timeoutMs": 1800000, "description": ""}, "nightly": {"cron": "15 3 * * *", "name": "nightly", "since": 0, "views": ["spend", "basket", "contact", "reviews"], "paused": false, "retries": {"maxMs": 600000, "attempts": 2, "backoffMs": 30000}, "priority": 5, "timezone": "Europe/London", "timeoutMs": 1800000, "description": ""}}', true, '0.1.0', 'host.1.aaaaaaaa', '2026-01-05 13:10:00+00');
INSERT INTO millrace.event OVERRIDING SYSTEM VALUE VALUES
	(1, 1, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(2, 2, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(3, 4, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(4, 3, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(5, 5, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(6, 6, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(7, 7, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(8, 8, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(9, 9, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(10, 10, NULL, 'applied', NULL, NULL, 'added', '2026-01-05 12:00:00+00'),
	(11, 8, 1, 'covered', '{["2026-01-01 00:00:00+00","2026-01-05 11:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(12, 8, NULL, 'published', '{["2026-01-01 00:00:00+00","2026-01-05 11:00:00+00")}', 1, NULL, '2026-01-05 12:00:00+00'),
	(13, 9, NULL, 'skipped', '{["2026-01-01 00:00:00+00","2026-01-05 12:00:00+00")}', NULL, 'catch_up: none', '2026-01-05 12:00:00+00'),
	(14, 1, 2, 'covered', '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(15, 1, NULL, 'published', '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}', 1, NULL, '2026-01-05 12:00:00+00'),
	(16, 1, 3, 'covered', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(17, 1, NULL, 'published', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', 2, NULL, '2026-01-05 12:00:00+00'),
	(18, 1, 4, 'covered', '{["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(19, 1, NULL, 'published', '{["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")}', 3, NULL, '2026-01-05 12:00:00+00'),
	(20, 1, 5, 'covered', '{["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(21, 1, NULL, 'published', '{["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")}', 4, NULL, '2026-01-05 12:00:00+00'),
	(22, 3, 6, 'covered', NULL, NULL, NULL, '2026-01-05 12:00:00+00'),
	(23, 6, 7, 'covered', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(24, 6, NULL, 'published', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', 1, NULL, '2026-01-05 12:00:00+00'),
	(25, 5, 8, 'covered', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(26, 5, NULL, 'published', '{["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")}', 1, NULL, '2026-01-05 12:00:00+00'),
	(27, 7, 9, 'covered', '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(28, 7, NULL, 'published', '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}', 1, NULL, '2026-01-05 12:00:00+00'),
	(29, 7, 10, 'covered', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(30, 7, NULL, 'published', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', 2, NULL, '2026-01-05 12:00:00+00'),
	(31, 7, 11, 'covered', '{["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(32, 7, NULL, 'published', '{["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")}', 3, NULL, '2026-01-05 12:00:00+00'),
	(33, 7, 12, 'covered', '{["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(34, 7, NULL, 'published', '{["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")}', 4, NULL, '2026-01-05 12:00:00+00'),
	(35, 2, 13, 'covered', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', NULL, NULL, '2026-01-05 12:00:00+00'),
	(36, 2, NULL, 'published', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', 1, NULL, '2026-01-05 12:00:00+00'),
	(37, 10, NULL, 'skipped', '{["2026-01-01 00:00:00+00","2026-01-05 11:00:00+00")}', NULL, 'catch_up: latest', '2026-01-05 12:00:00+00'),
	(38, 4, 17, 'held', '{["2026-01-05 09:00:00+00","2026-01-05 10:00:00+00")}', NULL, 'View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.', '2026-01-05 13:10:00+00'),
	(39, 4, 18, 'held', '{["2026-01-05 10:00:00+00","2026-01-05 11:00:00+00")}', NULL, 'View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.', '2026-01-05 13:10:00+00'),
	(40, 4, NULL, 'paused', NULL, NULL, 'its circuit: its last 2 runs failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero', '2026-01-05 13:10:00+00'),
	(41, 8, NULL, 'stale', '{["2026-01-05 09:00:00+00","2026-01-05 11:00:00+00")}', NULL, 'lookback', '2026-01-05 13:10:00+00'),
	(42, 8, 21, 'covered', '{["2026-01-05 09:00:00+00","2026-01-05 13:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(43, 8, NULL, 'published', '{["2026-01-05 09:00:00+00","2026-01-05 13:00:00+00")}', 2, NULL, '2026-01-05 13:10:00+00'),
	(44, 10, 22, 'covered', '{["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(45, 10, NULL, 'published', '{["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")}', 1, NULL, '2026-01-05 13:10:00+00'),
	(46, 9, 24, 'covered', '{["2026-01-03 06:00:00+00","2026-01-03 12:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(47, 9, 23, 'held', '{["2026-01-03 00:00:00+00","2026-01-03 06:00:00+00")}', NULL, 'View visits: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero.', '2026-01-05 13:10:00+00'),
	(48, 9, NULL, 'published', '{["2026-01-03 06:00:00+00","2026-01-03 12:00:00+00")}', 1, NULL, '2026-01-05 13:10:00+00'),
	(49, 9, 25, 'covered', '{["2026-01-03 12:00:00+00","2026-01-03 18:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(50, 9, 26, 'covered', '{["2026-01-03 18:00:00+00","2026-01-04 00:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(51, 9, NULL, 'published', '{["2026-01-03 12:00:00+00","2026-01-03 18:00:00+00")}', 2, NULL, '2026-01-05 13:10:00+00'),
	(52, 9, NULL, 'published', '{["2026-01-03 18:00:00+00","2026-01-04 00:00:00+00")}', 3, NULL, '2026-01-05 13:10:00+00'),
	(53, 9, 32, 'covered', '{["2026-01-04 12:00:00+00","2026-01-05 00:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(54, 9, 31, 'covered', '{["2026-01-04 00:00:00+00","2026-01-04 12:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(55, 9, NULL, 'published', '{["2026-01-04 12:00:00+00","2026-01-05 00:00:00+00")}', 4, NULL, '2026-01-05 13:10:00+00'),
	(56, 9, NULL, 'published', '{["2026-01-04 00:00:00+00","2026-01-04 12:00:00+00")}', 5, NULL, '2026-01-05 13:10:00+00'),
	(57, 3, NULL, 'paused', NULL, NULL, 'unknown@host: the_shop_moves', '2026-01-05 13:10:00+00'),
	(58, 7, NULL, 'stale', '{["2026-01-02 00:00:00+00","2026-01-04 00:00:00+00")}', NULL, 'restated', '2026-01-05 13:10:00+00'),
	(59, 7, 33, 'covered', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(60, 7, NULL, 'published', '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}', 5, NULL, '2026-01-05 13:10:00+00'),
	(61, 7, 34, 'covered', '{["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")}', NULL, NULL, '2026-01-05 13:10:00+00'),
	(62, 7, NULL, 'published', '{["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")}', 6, NULL, '2026-01-05 13:10:00+00'),
	(63, 8, NULL, 'stale', '{["2026-01-01 00:00:00+00","2026-01-01 06:00:00+00")}', NULL, 'restated', '2026-01-05 13:10:00+00'),
	(64, 10, NULL, 'applied', NULL, NULL, 'definition changed', '2026-01-05 13:10:00+00'),
	(65, 10, NULL, 'stale', NULL, NULL, 'edited query applied as restate', '2026-01-05 13:10:00+00'),
	(66, 8, NULL, 'stale', '{["2026-01-05 11:00:00+00","2026-01-05 13:00:00+00")}', NULL, 'lookback', '2026-01-06 01:10:00+00'),
	(67, 8, 36, 'covered', '{["2026-01-05 11:00:00+00","2026-01-06 01:00:00+00")}', NULL, NULL, '2026-01-06 01:10:00+00'),
	(68, 8, NULL, 'published', '{["2026-01-05 11:00:00+00","2026-01-06 01:00:00+00")}', 3, NULL, '2026-01-06 01:10:00+00'),
	(69, 7, 38, 'covered', '{["2026-01-05 00:00:00+00","2026-01-06 00:00:00+00")}', NULL, NULL, '2026-01-06 01:10:00+00'),
	(70, 8, NULL, 'stale', '{["2026-01-05 23:00:00+00","2026-01-06 01:00:00+00")}', NULL, 'lookback', '2026-01-06 02:10:00+00'),
	(71, 9, 42, 'covered', '{["2026-01-05 12:00:00+00","2026-01-06 02:00:00+00")}', NULL, NULL, '2026-01-06 02:10:00+00'),
	(72, 9, NULL, 'published', '{["2026-01-05 12:00:00+00","2026-01-06 02:00:00+00")}', 6, NULL, '2026-01-06 02:10:00+00');
INSERT INTO millrace.migration VALUES
	('0001_state.sql', '2026-11-29 04:14:07.019386+00'),
	('0002_time.sql', '2026-11-29 04:14:07.028369+00'),
	('0003_watch.sql', '2026-11-29 04:14:07.03448+00'),
	('0004_small_spans.sql', '2026-11-29 04:14:07.03575+00'),
	('0005_backlog.sql', '2026-11-29 04:14:07.050915+00'),
	('0007_queue_faults.sql', '2026-11-29 04:14:07.052617+00');
INSERT INTO millrace.online_store VALUES
	(true, 3, 'c546272d1c2cc6aaab26b4478b3e22f73d8366ae', 'a781aaaeb8a9478046e54056a983de84e26cfa7c', '2026-01-06 01:10:00+00');
INSERT INTO millrace.process VALUES
	('host.1.aaaaaaaa', 'worker', 'host', 1, '0.1.0', '2026-01-05 13:10:00+00', '2026-01-06 02:10:00+00');
INSERT INTO millrace.quarantine OVERRIDING SYSTEM VALUE VALUES
	(1, 8, 1, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-02 03:10:00+00"}', '2026-01-05 12:00:00+00'),
	(2, 8, 1, 'value_null', 'value is null, not a float', '{"value": null, "entity_id": "ada", "timestamp": "2026-01-02 03:20:00+00"}', '2026-01-05 12:00:00+00'),
	(3, 7, 10, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "[redacted]", "entity_id": null, "timestamp": "[redacted]"}', '2026-01-05 12:00:00+00'),
	(4, 7, 10, 'value_null', 'value is null, not a float', '{"value": null, "entity_id": "ada", "timestamp": "[redacted]"}', '2026-01-05 12:00:00+00'),
	(5, 7, 11, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "[redacted]", "entity_id": null, "timestamp": "[redacted]"}', '2026-01-05 12:00:00+00'),
	(6, 7, 11, 'value_null', 'value is null, not a float', '{"value": null, "entity_id": "ada", "timestamp": "[redacted]"}', '2026-01-05 12:00:00+00'),
	(7, 7, 12, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "[redacted]", "entity_id": null, "timestamp": "[redacted]"}', '2026-01-05 12:00:00+00'),
	(8, 7, 12, 'value_null', 'value is null, not a float', '{"value": null, "entity_id": "ada", "timestamp": "[redacted]"}', '2026-01-05 12:00:00+00'),
	(9, 7, 33, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "[redacted]", "entity_id": null, "timestamp": "[redacted]"}', '2026-01-05 13:10:00+00'),
	(10, 7, 33, 'value_null', 'value is null, not a float', '{"value": null, "entity_id": "ada", "timestamp": "[redacted]"}', '2026-01-05 13:10:00+00'),
	(11, 7, 34, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "[redacted]", "entity_id": null, "timestamp": "[redacted]"}', '2026-01-05 13:10:00+00'),
	(12, 7, 34, 'value_null', 'value is null, not a float', '{"value": null, "entity_id": "ada", "timestamp": "[redacted]"}', '2026-01-05 13:10:00+00'),
	(13, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(14, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(15, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(16, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(17, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(18, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(19, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(20, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(21, 8, 36, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "1", "entity_id": null, "timestamp": "2026-01-06 00:10:00+00"}', '2026-01-06 01:10:00+00'),
	(22, 7, 38, 'entity_id_null', 'entity_id is null, not an entity', '{"value": "[redacted]", "entity_id": null, "timestamp": "[redacted]"}', '2026-01-06 01:10:00+00'),
	(23, 7, 38, 'value_null', 'value is null, not a float', '{"value": null, "entity_id": "ada", "timestamp": "[redacted]"}', '2026-01-06 01:10:00+00');
INSERT INTO millrace.queue_fault VALUES
	('run', 'paused', '', 'paused', 1, '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00');
INSERT INTO millrace.run OVERRIDING SYSTEM VALUE VALUES
	(1, 8, '["2026-01-01 00:00:00+00","2026-01-05 11:00:00+00")', 'schedule', 'd1ca0fe51ad185d5', 'done', 'done', '{"attempts": 3, "priority": 5, "backoffMs": 0, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 2, 0, NULL, 3, 0, 'host.1.aaaaaaaa/1', NULL, '2026-01-05 12:00:00+00', NULL, NULL, NULL, NULL, 107, false, 2, '{"kept": 0, "read": 109, "changed": 0, "refused": 2, "removed": 0, "accepted": 107, "inserted": 107, "refusedBy": {"value_null": 1, "entity_id_null": 1}, "unchanged": 0, "duplicates": 0}', '{"features": {"orders": {"max": "107", "min": "1", "nulls": 0}}}', '[]', '{"code": "SOURCE_UNAVAILABLE", "owner": "operator", "message": "source shop (postgres://127.0.0.1:1/none) does not answer: connect ECONNREFUSED 127.0.0.1:1"}', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/1", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "code": "SOURCE_UNAVAILABLE", "what": "failed", "stage": "stage", "until": "2026-01-05T12:00:00+00:00", "attempt": 1, "message": "source shop (postgres://127.0.0.1:1/none) does not answer: connect ECONNREFUSED 127.0.0.1:1"}, {"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/1", "attempt": 2}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(4, 1, '["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")', 'schedule', '487dab5d67054250', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/4', NULL, NULL, NULL, NULL, NULL, NULL, 0, true, 0, '{"kept": 0, "read": 0, "changed": 0, "refused": 0, "removed": 0, "accepted": 0, "inserted": 0, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"basket": {"max": null, "min": null, "nulls": 0}}}', '["View basket: no file for [2026-01-03T00:00:00Z, 2026-01-04T00:00:00Z) matches sales/{yyyy}-{MM}-{dd}.csv in /shop/lake."]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/4", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='),
	(5, 1, '["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")', 'schedule', '487dab5d67054250', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/5', NULL, NULL, NULL, NULL, NULL, NULL, 2, false, 0, '{"kept": 0, "read": 2, "changed": 0, "refused": 0, "removed": 0, "accepted": 2, "inserted": 2, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"basket": {"max": "2", "min": "1.5", "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/5", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, 'pP1t8I599XHU/XRo09b2pI9oHIXDlrDoXGGE567nn2E='),
	(22, 10, '["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")', 'schedule', 'd1ca0fe51ad185d5', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/21', NULL, NULL, NULL, NULL, NULL, NULL, 1, false, 0, '{"kept": 0, "read": 1, "changed": 0, "refused": 0, "removed": 0, "accepted": 1, "inserted": 1, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"stock": {"max": "109", "min": "109", "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/21", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(35, 8, '["2026-01-01 00:00:00+00","2026-01-01 06:00:00+00")', 'restate', 'd1ca0fe51ad185d5', 'planned', 'claim', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 13:10:00+00', NULL, NULL, NULL, '[]', NULL, NULL),
	(2, 1, '["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")', 'schedule', '487dab5d67054250', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/2', NULL, NULL, NULL, NULL, NULL, NULL, 2, false, 0, '{"kept": 0, "read": 2, "changed": 0, "refused": 0, "removed": 0, "accepted": 2, "inserted": 2, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"basket": {"max": "2", "min": "1.5", "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/2", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, '5WNPdX+cSBEDdQMtO4d2nbjUMgz+6vyM2HH+Y1WPROw='),
	(3, 1, '["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")', 'schedule', '487dab5d67054250', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/3', NULL, NULL, NULL, NULL, NULL, NULL, 2, false, 0, '{"kept": 0, "read": 2, "changed": 0, "refused": 0, "removed": 0, "accepted": 2, "inserted": 2, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"basket": {"max": "2", "min": "1.5", "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/3", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, 'DupgAk4vDHCeME9OHefhsGr0MFNZG8l72uzlRBK9/RY='),
	(6, 3, '(,)', 'schedule', '3b7a4a7c64d1405b', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/6', NULL, NULL, NULL, NULL, NULL, NULL, 2, false, 0, '{"kept": 0, "read": 2, "changed": 0, "refused": 0, "removed": 0, "accepted": 2, "inserted": 2, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"contact": {"max": "2", "min": "1", "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/6", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(7, 6, '["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")', 'schedule', 'a0c82dea85003f96', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/7', NULL, NULL, NULL, NULL, NULL, NULL, 96, false, 0, '{"kept": 0, "read": 96, "changed": 0, "refused": 0, "removed": 0, "accepted": 96, "inserted": 96, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"reviews": {"max": "96", "min": "1", "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/7", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(8, 5, '["2026-01-01 00:00:00+00","2026-01-05 00:00:00+00")', 'schedule', 'a0c82dea85003f96', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/8', NULL, NULL, NULL, NULL, NULL, NULL, 96, false, 0, '{"kept": 0, "read": 96, "changed": 0, "refused": 0, "removed": 0, "accepted": 96, "inserted": 96, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"gone": {"max": "96", "min": "1", "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/8", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(9, 7, '["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")', 'schedule', 'cdc6df1b895a6592', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/9', NULL, NULL, NULL, NULL, NULL, NULL, 5, false, 0, '{"kept": 0, "read": 5, "changed": 0, "refused": 0, "removed": 0, "accepted": 5, "inserted": 5, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"spend": {"max": null, "min": null, "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/9", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(10, 7, '["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")', 'schedule', 'cdc6df1b895a6592', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/10', NULL, NULL, NULL, NULL, NULL, NULL, 5, false, 2, '{"kept": 0, "read": 7, "changed": 0, "refused": 2, "removed": 0, "accepted": 5, "inserted": 5, "refusedBy": {"value_null": 1, "entity_id_null": 1}, "unchanged": 0, "duplicates": 0}', '{"features": {"spend": {"max": null, "min": null, "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/10", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(11, 7, '["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")', 'schedule', 'cdc6df1b895a6592', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/11', NULL, NULL, NULL, NULL, NULL, NULL, 5, false, 2, '{"kept": 0, "read": 7, "changed": 0, "refused": 2, "removed": 0, "accepted": 5, "inserted": 5, "refusedBy": {"value_null": 1, "entity_id_null": 1}, "unchanged": 0, "duplicates": 0}', '{"features": {"spend": {"max": null, "min": null, "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/11", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(12, 7, '["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")', 'schedule', 'cdc6df1b895a6592', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/12', NULL, NULL, NULL, NULL, NULL, NULL, 5, false, 2, '{"kept": 0, "read": 7, "changed": 0, "refused": 2, "removed": 0, "accepted": 5, "inserted": 5, "refusedBy": {"value_null": 1, "entity_id_null": 1}, "unchanged": 0, "duplicates": 0}', '{"features": {"spend": {"max": null, "min": null, "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/12", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(13, 2, '["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")', 'schedule', 'f87cd2604e2fb469', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/13', NULL, NULL, NULL, NULL, NULL, NULL, 1, false, 0, '{"kept": 0, "read": 1, "changed": 0, "refused": 0, "removed": 0, "accepted": 1, "inserted": 1, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"delivery": {"max": "1", "min": "1", "nulls": 0}}}', '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/13", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T12:00:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T12:00:00+00:00", "what": "closed", "state": "done"}]', NULL, 'T7F3/N2FXOCIdwuadWNaga98EuHUUPnDMYPGeXuYzBw='),
	(14, 2, '["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")', 'schedule', 'f87cd2604e2fb469', 'planned', 'stage', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 2, 0, NULL, NULL, '2026-01-05 12:01:00+00', '2026-01-05 12:00:00+00', 'View delivery: no file for [2026-01-03T00:00:00Z, 2026-01-04T00:00:00Z) matches delivery/{yyyy}-{MM}-{dd}.csv in /shop/lake.', NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', NULL, NULL, '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/14", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "why": "View delivery: no file for [2026-01-03T00:00:00Z, 2026-01-04T00:00:00Z) matches delivery/{yyyy}-{MM}-{dd}.csv in /shop/lake.", "what": "snoozed", "times": 1, "until": "2026-01-05T12:01:00+00:00"}]', NULL, NULL),
	(15, 2, '["2026-01-04 00:00:00+00","2026-01-05 00:00:00+00")', 'schedule', 'f87cd2604e2fb469', 'planned', 'stage', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 2, 0, NULL, NULL, '2026-01-05 12:01:00+00', '2026-01-05 12:00:00+00', 'View delivery: no file for [2026-01-04T00:00:00Z, 2026-01-05T00:00:00Z) matches delivery/{yyyy}-{MM}-{dd}.csv in /shop/lake.', NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 12:00:00+00', '2026-01-05 12:00:00+00', NULL, NULL, '[{"at": "2026-01-05T12:00:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/15", "attempt": 1}, {"at": "2026-01-05T12:00:00+00:00", "why": "View delivery: no file for [2026-01-04T00:00:00Z, 2026-01-05T00:00:00Z) matches delivery/{yyyy}-{MM}-{dd}.csv in /shop/lake.", "what": "snoozed", "times": 1, "until": "2026-01-05T12:01:00+00:00"}]', NULL, NULL),
	(16, 10, '["2026-01-05 11:00:00+00","2026-01-05 12:00:00+00")', 'schedule', 'd1ca0fe51ad185d5', 'planned', 'claim', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 0, 0, NULL, NULL, '2026-01-05 12:01:00+00', '2026-01-05 12:00:00+00', 'orders to cover [2026-01-05T11:00:00Z, 2026-01-05T12:00:00Z)', NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 12:00:00+00', NULL, NULL, NULL, '[{"at": "2026-01-05T12:00:00+00:00", "why": "orders to cover [2026-01-05T11:00:00Z, 2026-01-05T12:00:00Z)", "what": "snoozed", "times": 1, "until": "2026-01-05T12:01:00+00:00"}]', '{orders}', NULL),
	(17, 4, '["2026-01-05 09:00:00+00","2026-01-05 10:00:00+00")', 'schedule', 'd3133383b6311d9f', 'failed', 'stage', '{"attempts": 1, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/16', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{"kept": 0, "read": 0, "changed": 0, "refused": 0, "removed": 0, "accepted": 0, "inserted": 0, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', NULL, '[]', '{"code": "SOURCE_QUERY", "owner": "author", "message": "View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero."}', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/16", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "code": "SOURCE_QUERY", "what": "closed", "stage": "stage", "state": "failed", "attempt": 1, "message": "View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero."}]', NULL, NULL),
	(19, 4, '["2026-01-05 11:00:00+00","2026-01-05 12:00:00+00")', 'schedule', 'd3133383b6311d9f', 'superseded', 'claim', '{"attempts": 1, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 13:10:00+00', NULL, NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "superseded"}]', NULL, NULL),
	(18, 4, '["2026-01-05 10:00:00+00","2026-01-05 11:00:00+00")', 'schedule', 'd3133383b6311d9f', 'failed', 'stage', '{"attempts": 1, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/17', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{"kept": 0, "read": 0, "changed": 0, "refused": 0, "removed": 0, "accepted": 0, "inserted": 0, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', NULL, '[]', '{"code": "SOURCE_QUERY", "owner": "author", "message": "View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero."}', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/17", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "code": "SOURCE_QUERY", "what": "closed", "stage": "stage", "state": "failed", "attempt": 1, "message": "View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero."}]', NULL, NULL),
	(20, 4, '["2026-01-05 12:00:00+00","2026-01-05 13:00:00+00")', 'schedule', 'd3133383b6311d9f', 'superseded', 'claim', '{"attempts": 1, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 13:10:00+00', NULL, NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "superseded"}]', NULL, NULL),
	(21, 8, '["2026-01-05 09:00:00+00","2026-01-05 13:00:00+00")', 'schedule', 'd1ca0fe51ad185d5', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 41, 'host.1.aaaaaaaa/20', NULL, NULL, NULL, NULL, NULL, NULL, 4, false, 0, '{"kept": 0, "read": 4, "changed": 0, "refused": 0, "removed": 0, "accepted": 4, "inserted": 2, "refusedBy": {}, "unchanged": 2, "duplicates": 0}', '{"features": {"orders": {"max": "109", "min": "106", "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/20", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(23, 9, '["2026-01-03 00:00:00+00","2026-01-03 06:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'failed', 'stage', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{"kept": 0, "read": 0, "changed": 0, "refused": 0, "removed": 0, "accepted": 0, "inserted": 0, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', NULL, '[]', '{"code": "SOURCE_QUERY", "owner": "author", "message": "View visits: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero."}', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/1", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "code": "SOURCE_QUERY", "what": "closed", "stage": "stage", "state": "failed", "attempt": 1, "message": "View visits: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero."}]', NULL, NULL),
	(32, 9, '["2026-01-04 12:00:00+00","2026-01-05 00:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/2', NULL, NULL, NULL, NULL, NULL, NULL, 12, false, 0, '{"kept": 0, "read": 12, "changed": 0, "refused": 0, "removed": 0, "accepted": 12, "inserted": 12, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"visits": {"max": "0.011764705882352941", "min": "0.010416666666666666", "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/2", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(24, 9, '["2026-01-03 06:00:00+00","2026-01-03 12:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/2', NULL, NULL, NULL, NULL, NULL, NULL, 6, false, 0, '{"kept": 0, "read": 6, "changed": 0, "refused": 0, "removed": 0, "accepted": 6, "inserted": 6, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"visits": {"max": "0.01818181818181818", "min": "0.016666666666666666", "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/2", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(26, 9, '["2026-01-03 18:00:00+00","2026-01-04 00:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/4', NULL, NULL, NULL, NULL, NULL, NULL, 6, false, 0, '{"kept": 0, "read": 6, "changed": 0, "refused": 0, "removed": 0, "accepted": 6, "inserted": 6, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"visits": {"max": "0.014925373134328358", "min": "0.013888888888888888", "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/4", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(25, 9, '["2026-01-03 12:00:00+00","2026-01-03 18:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/3', NULL, NULL, NULL, NULL, NULL, NULL, 6, false, 0, '{"kept": 0, "read": 6, "changed": 0, "refused": 0, "removed": 0, "accepted": 6, "inserted": 6, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"visits": {"max": "0.01639344262295082", "min": "0.015151515151515152", "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/3", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(27, 9, '["2026-01-01 00:00:00+00","2026-01-01 06:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'superseded', 'claim', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 0, 1, '2026-01-05 13:10:00+00', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 13:10:00+00', NULL, NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "superseded"}]', NULL, NULL),
	(28, 9, '["2026-01-01 06:00:00+00","2026-01-01 12:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'superseded', 'claim', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 0, 1, '2026-01-05 13:10:00+00', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 13:10:00+00', NULL, NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "superseded"}]', NULL, NULL),
	(29, 9, '["2026-01-02 16:00:00+00","2026-01-03 00:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'cancelled', 'claim', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 0, 1, '2026-01-05 13:10:00+00', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 13:10:00+00', NULL, NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "cancelled"}]', NULL, NULL),
	(30, 9, '["2026-01-02 08:00:00+00","2026-01-02 16:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'cancelled', 'claim', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 0, 1, '2026-01-05 13:10:00+00', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-05 13:10:00+00', NULL, NULL, '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "cancelled"}]', NULL, NULL),
	(31, 9, '["2026-01-04 00:00:00+00","2026-01-04 12:00:00+00")', 'backfill', '2ef19aa57ddaea0c', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 5000, "timeoutMs": 1800000, "backoffMaxMs": 40000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/1', NULL, NULL, NULL, NULL, NULL, NULL, 12, false, 0, '{"kept": 0, "read": 12, "changed": 0, "refused": 0, "removed": 0, "accepted": 12, "inserted": 12, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"visits": {"max": "0.0136986301369863", "min": "0.011904761904761904", "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/1", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(34, 7, '["2026-01-03 00:00:00+00","2026-01-04 00:00:00+00")', 'restate', 'cdc6df1b895a6592', 'done', 'done', '{"attempts": 3, "priority": 5, "backoffMs": 1000, "timeoutMs": 1800000, "backoffMaxMs": 10000, "allowRemovals": false}', 1, 0, NULL, 1, 58, 'host.1.aaaaaaaa/2', NULL, NULL, NULL, NULL, NULL, NULL, 5, false, 2, '{"kept": 0, "read": 7, "changed": 0, "refused": 2, "removed": 0, "accepted": 5, "inserted": 0, "refusedBy": {"value_null": 1, "entity_id_null": 1}, "unchanged": 5, "duplicates": 0}', '{"features": {"spend": {"max": null, "min": null, "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/2", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(33, 7, '["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")', 'restate', 'cdc6df1b895a6592', 'done', 'done', '{"attempts": 3, "priority": 5, "backoffMs": 1000, "timeoutMs": 1800000, "backoffMaxMs": 10000, "allowRemovals": false}', 1, 0, NULL, 1, 58, 'host.1.aaaaaaaa/1', NULL, NULL, NULL, NULL, NULL, NULL, 5, false, 2, '{"kept": 0, "read": 7, "changed": 0, "refused": 2, "removed": 0, "accepted": 5, "inserted": 0, "refusedBy": {"value_null": 1, "entity_id_null": 1}, "unchanged": 5, "duplicates": 0}', '{"features": {"spend": {"max": null, "min": null, "nulls": 0}}}', '[]', NULL, '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '2026-01-05 13:10:00+00', '[{"at": "2026-01-05T13:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/1", "attempt": 1}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-05T13:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-05T13:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(36, 8, '["2026-01-05 11:00:00+00","2026-01-06 01:00:00+00")', 'schedule', 'd1ca0fe51ad185d5', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 66, 'host.1.aaaaaaaa/22', NULL, NULL, NULL, NULL, NULL, NULL, 14, false, 9, '{"kept": 0, "read": 23, "changed": 0, "refused": 9, "removed": 0, "accepted": 14, "inserted": 12, "refusedBy": {"entity_id_null": 9}, "unchanged": 2, "duplicates": 0}', '{"features": {"orders": {"max": "121", "min": "108", "nulls": 0}}}', '[]', NULL, '2026-01-06 01:10:00+00', '2026-01-06 01:10:00+00', '2026-01-06 01:10:00+00', '2026-01-06 01:10:00+00', '[{"at": "2026-01-06T01:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/22", "attempt": 1}, {"at": "2026-01-06T01:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-06T01:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-06T01:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-06T01:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-06T01:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL),
	(37, 1, '["2026-01-05 00:00:00+00","2026-01-06 00:00:00+00")', 'schedule', '487dab5d67054250', 'active', 'stage', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/1', '2026-01-06 02:10:00+00', NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-06 01:10:00+00', '2026-01-06 01:10:00+00', NULL, NULL, '[{"at": "2026-01-06T01:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/1", "attempt": 1}]', NULL, NULL),
	(38, 7, '["2026-01-05 00:00:00+00","2026-01-06 00:00:00+00")', 'schedule', 'cdc6df1b895a6592', 'committed', 'publish', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 2, 58, NULL, NULL, '2026-01-06 01:10:15+00', '2026-01-06 01:10:00+00', 'The online store (redis://127.0.0.1:1) does not answer: connect ECONNREFUSED 127.0.0.1:1.', NULL, NULL, 5, false, 2, '{"kept": 0, "read": 7, "changed": 0, "refused": 2, "removed": 0, "accepted": 5, "inserted": 5, "refusedBy": {"value_null": 1, "entity_id_null": 1}, "unchanged": 0, "duplicates": 0}', '{"features": {"spend": {"max": null, "min": null, "nulls": 0}}}', '[]', '{"code": "ONLINE_UNAVAILABLE", "owner": "operator", "message": "The online store (redis://127.0.0.1:1) does not answer: connect ECONNREFUSED 127.0.0.1:1."}', '2026-01-06 01:10:00+00', '2026-01-06 01:10:00+00', '2026-01-06 01:10:00+00', NULL, '[{"at": "2026-01-06T01:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/1", "attempt": 1}, {"at": "2026-01-06T01:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-06T01:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-06T01:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-06T01:10:00+00:00", "why": "The online store (redis://127.0.0.1:1) does not answer: connect ECONNREFUSED 127.0.0.1:1.", "what": "snoozed", "times": 1, "until": "2026-01-06T01:10:15+00:00"}]', NULL, NULL),
	(39, 8, '["2026-01-05 23:00:00+00","2026-01-06 02:00:00+00")', 'schedule', 'd1ca0fe51ad185d5', 'planned', 'stage', '{"attempts": 5, "priority": 5, "backoffMs": 600000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 2, 70, NULL, NULL, '2026-01-06 02:15:56.241+00', '2026-01-06 02:10:00+00', 'source shop (postgres://127.0.0.1:1/none) does not answer: connect ECONNREFUSED 127.0.0.1:1', NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', '{"code": "SOURCE_UNAVAILABLE", "owner": "operator", "message": "source shop (postgres://127.0.0.1:1/none) does not answer: connect ECONNREFUSED 127.0.0.1:1"}', '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', NULL, NULL, '[{"at": "2026-01-06T02:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/2", "attempt": 1}, {"at": "2026-01-06T02:10:00+00:00", "ms": 0, "code": "SOURCE_UNAVAILABLE", "what": "failed", "stage": "stage", "until": "2026-01-06T02:15:56.241+00:00", "attempt": 1, "message": "source shop (postgres://127.0.0.1:1/none) does not answer: connect ECONNREFUSED 127.0.0.1:1"}]', NULL, NULL),
	(40, 10, '["2026-01-05 12:00:00+00","2026-01-06 02:00:00+00")', 'schedule', '6c2ee2116671d377', 'planned', 'claim', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-06 02:10:00+00', NULL, NULL, NULL, '[]', NULL, NULL),
	(41, 2, '["2026-01-05 00:00:00+00","2026-01-06 00:00:00+00")', 'schedule', 'f87cd2604e2fb469', 'planned', 'stage', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 0, 0, NULL, 2, 0, NULL, NULL, '2026-01-06 02:11:00+00', '2026-01-06 02:10:00+00', 'View delivery: no file for [2026-01-05T00:00:00Z, 2026-01-06T00:00:00Z) matches delivery/{yyyy}-{MM}-{dd}.csv in /shop/lake.', NULL, NULL, NULL, false, NULL, '{}', NULL, '[]', NULL, '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', NULL, NULL, '[{"at": "2026-01-06T02:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/23", "attempt": 1}, {"at": "2026-01-06T02:10:00+00:00", "why": "View delivery: no file for [2026-01-05T00:00:00Z, 2026-01-06T00:00:00Z) matches delivery/{yyyy}-{MM}-{dd}.csv in /shop/lake.", "what": "snoozed", "times": 1, "until": "2026-01-06T02:11:00+00:00"}]', NULL, NULL),
	(42, 9, '["2026-01-05 12:00:00+00","2026-01-06 02:00:00+00")', 'schedule', '2ef19aa57ddaea0c', 'done', 'done', '{"attempts": 5, "priority": 5, "backoffMs": 30000, "timeoutMs": 1800000, "backoffMaxMs": 600000, "allowRemovals": false}', 1, 0, NULL, 1, 0, 'host.1.aaaaaaaa/24', NULL, NULL, NULL, NULL, NULL, NULL, 14, false, 0, '{"kept": 0, "read": 14, "changed": 0, "refused": 0, "removed": 0, "accepted": 14, "inserted": 14, "refusedBy": {}, "unchanged": 0, "duplicates": 0}', '{"features": {"visits": {"max": "0.009174311926605505", "min": "0.00819672131147541", "nulls": 0}}}', '[]', NULL, '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', '2026-01-06 02:10:00+00', '[{"at": "2026-01-06T02:10:00+00:00", "what": "claimed", "owner": "host.1.aaaaaaaa/24", "attempt": 1}, {"at": "2026-01-06T02:10:00+00:00", "ms": 0, "what": "staged"}, {"at": "2026-01-06T02:10:00+00:00", "ms": 0, "what": "checked"}, {"at": "2026-01-06T02:10:00+00:00", "ms": 0, "what": "committed"}, {"at": "2026-01-06T02:10:00+00:00", "ms": 0, "what": "published"}, {"at": "2026-01-06T02:10:00+00:00", "what": "closed", "state": "done"}]', NULL, NULL);
INSERT INTO millrace.run_files VALUES
	(2, '[["sales/2026-01-01.csv", "30.1795925646411", 30]]'),
	(3, '[["sales/2026-01-02.csv", "30.1795925646411", 30]]'),
	(4, '[]'),
	(5, '[["sales/2026-01-04.csv", "30.1795925646411", 30]]'),
	(13, '[["delivery/2026-01-02.csv", "22.1795925646411", 22]]');
INSERT INTO millrace.view OVERRIDING SYSTEM VALUE VALUES
	(9, 'visits', '{"end": null, "kind": "events", "name": "visits", "tags": [], "after": [], "files": null, "query": "select entity_id, at as timestamp, 1 / value as value from visits where at >= {{start}} and at < {{end}}", "start": 1767225600000, "ttlMs": null, "entity": "customer", "source": "shop", "unitMs": 3600000, "catchUp": "none", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "visits", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', '2ef19aa57ddaea0c', '1abef538697e4aea', NULL, 6, 6, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, NULL, '2026-01-05 12:00:00+00', NULL, NULL),
	(1, 'basket', '{"end": null, "kind": "snapshot", "name": "basket", "tags": [], "after": [], "files": {"files": {"types": {"value": "float"}, "format": "csv", "lateMs": 259200000, "pattern": "sales/{yyyy}-{MM}-{dd}.csv", "windowMs": 86400000, "onMissing": "empty", "onBadField": "refuse"}}, "query": "select entity_id, value, {{end}} as timestamp from files", "start": 1767225600000, "ttlMs": null, "entity": "customer", "source": "lake", "unitMs": 86400000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "basket", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', '487dab5d67054250', 'e246178dbb0a3787', NULL, 4, 4, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, NULL, '2026-01-05 12:00:00+00', NULL, NULL),
	(4, 'failing', '{"end": null, "kind": "snapshot", "name": "failing", "tags": [], "after": [], "files": null, "query": "select entity_id, 1 / 0 as value, {{end}} as timestamp from orders", "start": 1767603600000, "ttlMs": null, "entity": "customer", "source": "shop", "unitMs": 3600000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "failing", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 2, "freshnessMs": null, "lookbackUnits": 0}', 'd3133383b6311d9f', 'e9245ce52fa19eed', NULL, 0, 0, NULL, NULL, NULL, 2, 'its last 2 runs failed, run 18 with SOURCE_QUERY: View failing: source shop (postgres://127.0.0.1:5432/shop) refused the query: division by zero', NULL, '2026-01-05 12:00:00+00', '2026-01-05 13:10:00+00', 'its circuit'),
	(10, 'stock', '{"end": null, "kind": "events", "name": "stock", "tags": ["after"], "after": ["orders"], "files": null, "query": "select entity_id, at as timestamp, value as value from orders where at >= {{start}} and at < {{end}} and value > 0", "start": 1767225600000, "ttlMs": null, "entity": "customer", "source": "shop", "unitMs": 3600000, "catchUp": "latest", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "stock", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', '6c2ee2116671d377', 'f86018f1c1324971', NULL, 1, 1, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, NULL, '2026-01-05 12:00:00+00', NULL, NULL),
	(3, 'contact', '{"end": null, "kind": "latest", "name": "contact", "tags": [], "after": [], "files": null, "query": "select entity_id, value, at as timestamp from contact", "start": 0, "ttlMs": 604800000, "entity": "customer", "source": "shop", "unitMs": 86400000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "contact", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', '3b7a4a7c64d1405b', 'ff03ee4ae1bcc57a', NULL, 1, 1, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, 'the_shop_moves', NULL, '2026-01-05 12:00:00+00', '2026-01-05 13:10:00+00', 'unknown@host'),
	(2, 'delivery', '{"end": null, "kind": "snapshot", "name": "delivery", "tags": [], "after": [], "files": {"files": {"types": {"value": "float"}, "format": "csv", "lateMs": 604800000, "pattern": "delivery/{yyyy}-{MM}-{dd}.csv", "windowMs": 86400000, "onMissing": "wait", "onBadField": "refuse"}}, "query": "select entity_id, value, {{end}} as timestamp from files", "start": 1767312000000, "ttlMs": null, "entity": "customer", "source": "lake", "unitMs": 86400000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "delivery", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', 'f87cd2604e2fb469', '36e7dae241445d94', NULL, 1, 1, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, NULL, '2026-01-05 12:00:00+00', NULL, NULL),
	(6, 'reviews', '{"end": null, "kind": "events", "name": "reviews", "tags": [], "after": [], "files": null, "query": "select entity_id, at as timestamp, value as value from reviews where at >= {{start}} and at < {{end}}", "start": 1767225600000, "ttlMs": null, "entity": "customer", "source": "shop", "unitMs": 86400000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "reviews", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', 'a0c82dea85003f96', '4fc4e2d6187d13b6', '312a248d1fb579b5', 1, 1, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, NULL, '2026-01-05 12:00:00+00', NULL, NULL),
	(5, 'gone', '{"end": null, "kind": "events", "name": "gone", "tags": [], "after": [], "files": null, "query": "select entity_id, at as timestamp, value as value from reviews where at >= {{start}} and at < {{end}}", "start": 1767225600000, "ttlMs": null, "entity": "customer", "source": "shop", "unitMs": 86400000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "gone", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', 'a0c82dea85003f96', 'ee1ffc94a85da7c7', NULL, 1, 1, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, '2026-01-05 13:10:00+00', '2026-01-05 12:00:00+00', NULL, NULL),
	(7, 'spend', '{"end": 1769904000000, "kind": "snapshot", "name": "spend", "tags": [], "after": [], "files": null, "query": "select entity_id, sum(value) as value, {{end}} as timestamp from orders where at < {{end}} group by 1", "start": 1767225600000, "ttlMs": null, "entity": "customer", "source": "shop", "unitMs": 86400000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "spend", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": true, "settleMs": 0, "refusedMax": 0.01, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": null, "lookbackUnits": 0}', 'cdc6df1b895a6592', 'd0dddfc66c4641ac', NULL, 7, 6, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, NULL, '2026-01-05 12:00:00+00', NULL, NULL),
	(8, 'orders', '{"end": null, "kind": "events", "name": "orders", "tags": ["shop"], "after": [], "files": null, "query": "select entity_id, at as timestamp, value as value from orders where at >= {{start}} and at < {{end}}", "start": 1767225600000, "ttlMs": 7776000000, "entity": "customer", "source": "shop", "unitMs": 3600000, "catchUp": "all", "columns": null, "rowsMin": 0, "features": [{"max": null, "min": null, "name": "orders", "type": "float", "column": "value", "nullable": false, "nullsMax": null}], "redacted": false, "settleMs": 300000, "refusedMax": 0.5, "removedMax": 0.1, "description": "", "failuresMax": 5, "freshnessMs": 7200000, "lookbackUnits": 2}', 'd1ca0fe51ad185d5', '1d9fc228955ffc73', NULL, 3, 3, NULL, NULL, 'the online store was emptied, or restarted without its data', 0, NULL, NULL, '2026-01-05 12:00:00+00', NULL, NULL);
SELECT pg_catalog.setval('millrace.alert_id_seq', 3, true);
SELECT pg_catalog.setval('millrace.alert_message_id_seq', 3, true);
SELECT pg_catalog.setval('millrace.backfill_id_seq', 4, true);
SELECT pg_catalog.setval('millrace.backlog_id_seq', 1, true);
SELECT pg_catalog.setval('millrace.deployment_generation_seq', 2, true);
SELECT pg_catalog.setval('millrace.event_id_seq', 72, true);
SELECT pg_catalog.setval('millrace.quarantine_id_seq', 23, true);
SELECT pg_catalog.setval('millrace.run_id_seq', 42, true);
SELECT pg_catalog.setval('millrace.view_id_seq', 10, true);
ALTER TABLE ONLY features.basket
    ADD CONSTRAINT "basket.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.contact
    ADD CONSTRAINT "contact.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.delivery
    ADD CONSTRAINT "delivery.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.failing
    ADD CONSTRAINT "failing.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.gone
    ADD CONSTRAINT "gone.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.orders
    ADD CONSTRAINT "orders.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.reviews
    ADD CONSTRAINT "reviews.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.spend
    ADD CONSTRAINT "spend.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.stock
    ADD CONSTRAINT "stock.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY features.visits
    ADD CONSTRAINT "visits.key" PRIMARY KEY (entity_id, event_timestamp);
ALTER TABLE ONLY millrace.run
    ADD CONSTRAINT active_runs_do_not_overlap EXCLUDE USING gist (int8range(view_id, view_id, '[]'::text) WITH &&, span WITH &&) WHERE ((state = 'active'::text));
ALTER TABLE ONLY millrace.alert_delivery
    ADD CONSTRAINT alert_delivery_message_id_target_key UNIQUE (message_id, target);
ALTER TABLE ONLY millrace.alert_delivery
    ADD CONSTRAINT alert_delivery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.alert_message
    ADD CONSTRAINT alert_message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.backfill_chunk
    ADD CONSTRAINT backfill_chunk_pkey PRIMARY KEY (backfill_id, place);
ALTER TABLE ONLY millrace.backfill
    ADD CONSTRAINT backfill_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.backlog
    ADD CONSTRAINT backlog_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.coverage
    ADD CONSTRAINT coverage_pkey PRIMARY KEY (view_id);
ALTER TABLE ONLY millrace.deployment
    ADD CONSTRAINT deployment_pkey PRIMARY KEY (generation);
ALTER TABLE ONLY millrace.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY millrace.online_store
    ADD CONSTRAINT online_store_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY millrace.backfill
    ADD CONSTRAINT open_backfills_do_not_overlap EXCLUDE USING gist (int8range(view_id, view_id, '[]'::text) WITH &&, range WITH &&) WHERE ((state = ANY (ARRAY['running'::text, 'paused'::text])));
ALTER TABLE ONLY millrace.process
    ADD CONSTRAINT process_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.queue_fault
    ADD CONSTRAINT queue_fault_pkey PRIMARY KEY (queue, kind, key);
ALTER TABLE ONLY millrace.removed
    ADD CONSTRAINT removed_pkey PRIMARY KEY (run_id, entity_id);
ALTER TABLE ONLY millrace.run_files
    ADD CONSTRAINT run_files_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY millrace.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY millrace.view
    ADD CONSTRAINT view_name_key UNIQUE (name);
ALTER TABLE ONLY millrace.view
    ADD CONSTRAINT view_pkey PRIMARY KEY (id);
CREATE INDEX "basket.by_time" ON features.basket USING brin (event_timestamp);
CREATE INDEX "contact.by_time" ON features.contact USING brin (event_timestamp);
CREATE INDEX "delivery.by_time" ON features.delivery USING brin (event_timestamp);
CREATE INDEX "failing.by_time" ON features.failing USING brin (event_timestamp);
CREATE INDEX "gone.by_time" ON features.gone USING brin (event_timestamp);
CREATE INDEX "orders.by_time" ON features.orders USING brin (event_timestamp);
CREATE INDEX "reviews.by_time" ON features.reviews USING brin (event_timestamp);
CREATE INDEX "spend.by_time" ON features.spend USING brin (event_timestamp);
CREATE INDEX "stock.by_time" ON features.stock USING brin (event_timestamp);
CREATE INDEX "visits.by_time" ON features.visits USING brin (event_timestamp);
CREATE INDEX alert_by_firing_message ON millrace.alert USING btree (firing_message) WHERE (firing_message IS NOT NULL);
CREATE INDEX alert_by_resolved_message ON millrace.alert USING btree (resolved_message) WHERE (resolved_message IS NOT NULL);
CREATE INDEX alert_delivery_pending ON millrace.alert_delivery USING btree (target, message_id) WHERE (state = 'pending'::text);
CREATE INDEX alert_message_by_time ON millrace.alert_message USING btree (at);
CREATE UNIQUE INDEX alert_open ON millrace.alert USING btree (rule, view_id) WHERE (resolved_at IS NULL);
CREATE INDEX alert_resolved ON millrace.alert USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);
CREATE INDEX alert_told ON millrace.alert USING btree (rule, view_id, told_at) WHERE (told_at IS NOT NULL);
CREATE INDEX backfill_by_view ON millrace.backfill USING btree (view_id, id DESC);
CREATE INDEX backfill_chunk_by_newest_run ON millrace.backfill_chunk USING btree (backfill_id, run_id DESC) WHERE (run_id IS NOT NULL);
CREATE INDEX backfill_chunk_by_run ON millrace.backfill_chunk USING btree (run_id);
CREATE INDEX backfill_chunk_waiting ON millrace.backfill_chunk USING btree (backfill_id, place) WHERE ((run_id IS NULL) AND (skipped IS NULL));
CREATE INDEX backfill_open ON millrace.backfill USING btree (id) WHERE (state = ANY (ARRAY['running'::text, 'paused'::text]));
CREATE INDEX backlog_by_view ON millrace.backlog USING btree (view_id, id);
CREATE UNIQUE INDEX backlog_of_all_due ON millrace.backlog USING btree (view_id) WHERE (reason <> 'restate'::text);
CREATE INDEX deployment_by_fingerprint ON millrace.deployment USING btree (fingerprint);
CREATE INDEX event_by_view ON millrace.event USING btree (view_id, id DESC);
CREATE INDEX event_rebuilt ON millrace.event USING btree (at) WHERE (kind = 'rebuilt'::text);
CREATE INDEX quarantine_by_reason ON millrace.quarantine USING btree (reason, id DESC);
CREATE INDEX quarantine_by_run ON millrace.quarantine USING btree (run_id, id);
CREATE INDEX quarantine_by_view ON millrace.quarantine USING btree (view_id, id DESC);
CREATE INDEX quarantine_by_view_and_reason ON millrace.quarantine USING btree (view_id, reason, id DESC);
CREATE INDEX removed_by_view ON millrace.removed USING btree (view_id);
CREATE INDEX run_by_view ON millrace.run USING btree (view_id, id DESC);
CREATE INDEX run_closed_by_state ON millrace.run USING btree (state, id DESC) WHERE (state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text, 'superseded'::text]));
CREATE INDEX run_failed ON millrace.run USING btree (view_id, id DESC) WHERE (state = 'failed'::text);
CREATE INDEX run_given_up ON millrace.run USING btree (view_id) WHERE (state = ANY (ARRAY['failed'::text, 'cancelled'::text, 'superseded'::text]));
CREATE INDEX run_of_files ON millrace.run USING btree (view_id, upper(span)) WHERE ((files_digest IS NOT NULL) OR without_files);
CREATE INDEX run_open ON millrace.run USING btree (state, id) WHERE (state = ANY (ARRAY['planned'::text, 'active'::text, 'committed'::text]));
CREATE INDEX run_open_by_view ON millrace.run USING btree (view_id) WHERE (state = ANY (ARRAY['planned'::text, 'active'::text, 'committed'::text]));
CREATE INDEX run_read ON millrace.run USING btree (view_id, id DESC) WHERE ((state = ANY (ARRAY['committed'::text, 'done'::text, 'failed'::text])) AND (reason <> 'backfill'::text) AND (((counts ->> 'read'::text))::bigint > 0));
CREATE INDEX run_superseded ON millrace.run USING btree (view_id, id) WHERE (state = 'superseded'::text);
CREATE INDEX run_waiting_for_views ON millrace.run USING gin (waits_for_views) WHERE ((state = 'planned'::text) AND (waits_for_views IS NOT NULL));
CREATE INDEX run_without_files ON millrace.run USING btree (view_id, id) WHERE without_files;
CREATE TRIGGER run_is_remembered BEFORE UPDATE ON millrace.run FOR EACH ROW WHEN (((old.state <> new.state) OR (old.stage <> new.stage) OR (old.owner IS DISTINCT FROM new.owner) OR (old.waiting_for IS DISTINCT FROM new.waiting_for) OR (old.not_before IS DISTINCT FROM new.not_before))) EXECUTE FUNCTION millrace.remember_run();
ALTER TABLE ONLY millrace.alert_delivery
    ADD CONSTRAINT alert_delivery_message_id_fkey FOREIGN KEY (message_id) REFERENCES millrace.alert_message(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.alert
    ADD CONSTRAINT alert_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.backfill_chunk
    ADD CONSTRAINT backfill_chunk_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES millrace.backfill(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.backfill_chunk
    ADD CONSTRAINT backfill_chunk_run_id_fkey FOREIGN KEY (run_id) REFERENCES millrace.run(id) ON DELETE SET NULL;
ALTER TABLE ONLY millrace.backfill
    ADD CONSTRAINT backfill_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.backlog
    ADD CONSTRAINT backlog_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.coverage
    ADD CONSTRAINT coverage_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.event
    ADD CONSTRAINT event_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.quarantine
    ADD CONSTRAINT quarantine_run_id_fkey FOREIGN KEY (run_id) REFERENCES millrace.run(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.quarantine
    ADD CONSTRAINT quarantine_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.removed
    ADD CONSTRAINT removed_run_id_fkey FOREIGN KEY (run_id) REFERENCES millrace.run(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.removed
    ADD CONSTRAINT removed_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.run_files
    ADD CONSTRAINT run_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES millrace.run(id) ON DELETE CASCADE;
ALTER TABLE ONLY millrace.run
    ADD CONSTRAINT run_view_id_fkey FOREIGN KEY (view_id) REFERENCES millrace.view(id) ON DELETE CASCADE;
