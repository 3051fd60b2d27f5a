-- The parts of a span that upstream views have neither covered nor skipped. Time outside of a view's own time counts as
-- covered. One row per view; `lacking` is null if the view no longer exists.
create or replace function millrace.lacking(after_views text[], span tstzrange)
returns table (name text, lacking tstzmultirange) language sql stable as $$
  select named.name,
         tstzmultirange(span) * tstzmultirange(tstzrange(v.start_at, v.end_at)) - c.covered - c.skipped
    from unnest(after_views) with ordinality as named (name, place)
    left join millrace.view v on v.name = named.name and v.retired_at is null
    left join millrace.coverage c on c.view_id = v.id
   order by named.place
$$;
