-- Incremental views: their parts are a view of their own (docs/architecture/incremental-aggregation.md).

-- Of a hidden view with parts: the name of the view that combines them.
alter table millrace.view add column parts_of text;
-- Of an incremental view: its longest window. Null for other views.
alter table millrace.view add column parts_window interval;
