-- The bins of the histograms in run profiles: chosen once per feature and query, so that histograms are comparable.
create table millrace.profile_bins (
  id bigint generated always as identity primary key,
  view_id bigint not null references millrace.view on delete cascade,
  feature text not null,
  -- Of the view's data: an edited query starts with new bins.
  fingerprint text not null,
  -- {"edges": [numbers]} or {"values": [texts]}
  bins jsonb not null,
  unique (view_id, fingerprint, feature)
);

-- The newest run of each span, newest span first.
create index run_profiled on millrace.run (view_id, lower(span) desc, id desc)
  where committed_at is not null and profile is not null;
