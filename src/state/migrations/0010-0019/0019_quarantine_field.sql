-- Refused rows are grouped by reason and field. Null for rows of an earlier release, and for rows that are broken as a whole.
alter table millrace.quarantine add column field text;

-- Pages show the runs of the last hours and days.
create index run_by_time on millrace.run (planned_at);
