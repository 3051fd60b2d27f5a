-- The sources of a view's tables, in addition to its own source: a run waits for the source that was unavailable.
alter table millrace.view add column other_sources text[] not null default '{}';
update millrace.view v set other_sources = array(
  select distinct t.value->>'source' from jsonb_each(v.spec->'queried') t where t.value->>'source' <> v.source)
 where v.spec ? 'queried';
