-- The outcomes of a view's checks for the newest attempt of a run; null for a view without checks.
alter table millrace.run add column checks jsonb;
