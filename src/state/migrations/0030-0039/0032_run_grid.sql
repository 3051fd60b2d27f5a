-- The grid of all views looks up whether a view has a run of a state in an hour or a day, however many runs there are.
create index run_closed_by_time on millrace.run (view_id, state, planned_at)
  where state in ('done', 'failed', 'cancelled', 'superseded');
