-- Stored rows whose ids have the parts of an entity from before an edit.

-- Time that such an edit asked to read again and that no run has read since: all its rows may be removed.
alter table millrace.coverage add column old_ids tstzmultirange not null default '{}';
