-- Stored rows whose times are those of another kind or interval, from before an edit.

-- Time that such an edit asked to read again and that no run has read since: a run that finds rows there replaces the stored ones.
alter table millrace.coverage add column old_times tstzmultirange not null default '{}';
