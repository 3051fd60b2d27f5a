-- Builds of training sets: what makes an interrupted one resumable, and tells its staging from what nothing needs any more.
create table millrace.dataset_build (
  id bigint generated always as identity primary key,
  name text not null,
  -- Where the set is written, without credentials.
  target text not null,
  -- Of the definition and of the views as deployed: a build resumes only what it would begin itself.
  fingerprint text not null,
  state text not null default 'running' check (state in ('running', 'done', 'replaced')),
  owner text not null,
  lease_until timestamptz not null,
  -- Rows and columns of the staged labels; null until all are staged.
  labels jsonb,
  receipt jsonb,
  started_at timestamptz not null default millrace.now(),
  ended_at timestamptz
);
create unique index dataset_build_running on millrace.dataset_build (name, target) where state = 'running';

-- Parts that are written, and the newest change of each view that they know.
create table millrace.dataset_part (
  build_id bigint not null references millrace.dataset_build on delete cascade,
  part int not null,
  commits jsonb not null,
  result jsonb not null,
  primary key (build_id, part)
);
