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

-- The parts of a span that keep a view from reading it: what its upstream views lack and, of an incremental view, what its
-- parts lack of the windows of the span. Stale and held parts count as lacking, since their rows may be wrong.
create or replace function millrace.lacking_of(v millrace.view, span tstzrange)
returns table (name text, lacking tstzmultirange) language sql stable as $$
  select * from millrace.lacking(v.after_views, span)
   union all
  select v.name || '.parts',
         case when p.id is null or p.edited_fingerprint is not null then window_of else window_of - (c.covered - c.stale - c.held) end
    from (select tstzmultirange(tstzrange(lower(span) + v.unit - v.parts_window, upper(span))) as window_of) asked
    left join millrace.view p on p.parts_of = v.name and p.retired_at is null
    left join millrace.coverage c on c.view_id = p.id
   where v.parts_window is not null
$$;
