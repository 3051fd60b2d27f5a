-- What people and processes asked for: one row for each operation, done or refused. An operation that is done in one transaction
-- writes its row there. A row holds names, ids, times and counts, and never a value of a row of a view.
create table millrace.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default millrace.now(),
  actor_kind text not null check (actor_kind in ('command', 'dashboard', 'token', 'process')),
  -- Null on a dashboard without a login.
  actor_name text,
  actor_role text check (actor_role in ('viewer', 'operator')),
  verb text not null,
  -- The views that it is about, by name: rows outlive views.
  views text[] not null default '{}',
  request jsonb not null,
  -- What came of it, or the code of the failure that refused it.
  result jsonb,
  failure text,
  check ((result is null) <> (failure is null))
);
create index audit_by_time on millrace.audit (at);
create index audit_by_view on millrace.audit using gin (views);
