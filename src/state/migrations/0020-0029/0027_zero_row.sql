-- Rows of zeros that complete views with `absent: zero` store for entities that are not in a snapshot any more
-- (docs/concepts/complete-snapshots.md). No run has read them, so they are not in the snapshot.
create table millrace.zero_row (
  view_id bigint not null references millrace.view on delete cascade,
  -- The end of the snapshot's interval, which is the time of the row.
  at timestamptz not null,
  entity_id text collate "C" not null,
  primary key (view_id, at, entity_id)
);
