-- Postgres adds new pages to the indexes over the event times of feature tables soon after they are filled. Before, it did so at the
-- next vacuum, and until then read all of these pages for every range.
do $$
declare
  by_time regclass;
begin
  for by_time in
    select i.oid from pg_class i join pg_am a on a.oid = i.relam
     where i.relnamespace = to_regnamespace('features') and i.relkind = 'i' and a.amname = 'brin'
  loop
    execute format('alter index %s set (autosummarize = on)', by_time);
  end loop;
end $$;
