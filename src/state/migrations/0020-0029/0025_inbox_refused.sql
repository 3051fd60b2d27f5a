-- How many rows of an entry its drain refuses. A push that waits for its rows reports them.
alter table millrace.inbox add column refused int not null default 0;

-- The same for entries that are drained. Kept as long as the keys of pushes.
create table millrace.inbox_refused (
  entry_id bigint primary key,
  rows int not null,
  at timestamptz not null default millrace.now()
);
create index inbox_refused_by_time on millrace.inbox_refused (at);
