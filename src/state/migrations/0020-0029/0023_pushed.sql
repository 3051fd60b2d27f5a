-- Views that programs push rows to. Rows are durable in the inbox before the push is answered; a run of the view (a drain) moves them
-- to the offline store.

alter table millrace.view drop constraint view_kind_check;
alter table millrace.view add constraint view_kind_check check (kind in ('events', 'snapshot', 'latest', 'pushed'));
alter table millrace.run drop constraint run_reason_check;
alter table millrace.run add constraint run_reason_check check (reason in ('schedule', 'manual', 'backfill', 'restate', 'push'));

-- Some rows of one push. Ids grow with each push, so of two pushes that do not overlap the later one has the greater ids.
create table millrace.inbox (
  id bigint generated always as identity primary key,
  view_id bigint not null references millrace.view on delete cascade,
  -- The names of the cells of each row.
  columns text[] not null,
  rows int not null check (rows between 1 and 1000),
  -- The rows as a JSON list of lists of texts and nulls.
  data text not null,
  pushed_at timestamptz not null default millrace.now(),
  -- The run that moves the rows, and its epoch: its commit deletes exactly what it marked.
  run_id bigint,
  epoch int
);
create index inbox_by_view on millrace.inbox (view_id, id);
create index inbox_by_run on millrace.inbox (run_id, id) where run_id is not null;

-- Pushes with an Idempotency-Key, and their responses.
create table millrace.push (
  actor text not null,
  key text not null,
  -- Of the route and the body.
  digest text not null,
  -- json keeps the order of members: the same request gets the same bytes.
  result json not null,
  at timestamptz not null default millrace.now(),
  primary key (actor, key)
);
create index push_by_time on millrace.push (at);
