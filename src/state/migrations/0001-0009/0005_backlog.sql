-- What a plan left out because its view already had as many open runs as it may have. It is planned as runs close, with the
-- reason and the options of the plan that left it out.
create table millrace.backlog (
  id bigint generated always as identity primary key,
  view_id bigint not null references millrace.view on delete cascade,
  reason text not null check (reason in ('schedule', 'manual', 'restate')),
  options jsonb not null,
  -- From the first unit left out to the end of what the plan saw. Whatever of it is due is still to be planned.
  span tstzmultirange not null,
  at timestamptz not null default millrace.now()
);
create index backlog_by_view on millrace.backlog (view_id, id);
-- A plan of all that is due replaces the one before it; each restatement is its own.
create unique index backlog_of_all_due on millrace.backlog (view_id) where reason <> 'restate';
