-- How long workers have worked on a run, without its waits. Null for runs that were closed before.
alter table millrace.run add column worked interval;
-- Since when its owner works on it; null without an owner.
alter table millrace.run add column working_since timestamptz;
update millrace.run set working_since = started_at where state = 'active';
