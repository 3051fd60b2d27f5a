-- What the views that come first have not covered or skipped of a span. Time that a view is not responsible for counts
-- as covered. A row per view; `lacking` is null where there is no such view any more.
create or replace function millrace.lacking(after_views text[], span tstzrange)
returns table (name text, lacking tstzmultirange) language sql stable as $$
  select named.name,
         tstzmultirange(span) * tstzmultirange(tstzrange(v.start_at, v.end_at)) - c.covered - c.skipped
    from unnest(after_views) with ordinality as named (name, place)
    left join millrace.view v on v.name = named.name and v.retired_at is null
    left join millrace.coverage c on c.view_id = v.id
   order by named.place
$$;
