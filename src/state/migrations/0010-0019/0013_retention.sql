-- What is left of a run that retention has deleted, for the stored rows whose run_id names it.
create table millrace.run_record (
  id bigint primary key,
  view_id bigint not null references millrace.view on delete cascade,
  -- (,) for views of kind latest.
  span tstzrange not null,
  reason text not null,
  fingerprint text not null,
  -- Inserted and changed.
  rows bigint not null,
  committed_at timestamptz not null
);

create index event_by_time on millrace.event (at);
create index backfill_closed on millrace.backfill (closed_at) where closed_at is not null;
