-- Complete snapshots: which entities the newest one holds (docs/concepts/complete-snapshots.md).

-- Covered time whose last run refused rows without a readable entity: these snapshots cannot say who is missing.
alter table millrace.coverage add column unreadable tstzmultirange not null default '{}';

-- Entities whose rows a snapshot refused: they are in it, with the value from before.
create table millrace.refused_entity (
  view_id bigint not null references millrace.view on delete cascade,
  -- The end of the snapshot's interval.
  at timestamptz not null,
  entity_id text collate "C" not null,
  primary key (view_id, at, entity_id)
);
