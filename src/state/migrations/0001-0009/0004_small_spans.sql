-- What protects spans of few rows: which parts of what is covered lost all their rows, and which still hold rows of an
-- older definition.

-- Covered units that held rows and that a later run covered with none. Status names them until they hold rows again, or
-- until a run that may remove rows (--allow-removals) has read them once more.
alter table millrace.coverage add column emptied tstzmultirange not null default '{}';

-- What an edit applied as `restate` made wrong and no run has read since: no row there may stay as it is.
alter table millrace.coverage add column redefined tstzmultirange not null default '{}';

-- Tables of refused rows have the keys of these rows from now on: what an earlier release staged is staged again.
update millrace.run set stage = 'stage'
 where state in ('planned', 'active') and stage in ('check', 'commit') and refused_table is not null;
