-- Retention deletes a backfill in steps: since its first step, nothing may show or resume what is left.
alter table millrace.backfill add column expired boolean not null default false;
