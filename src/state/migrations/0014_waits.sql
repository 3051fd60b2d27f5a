-- What a run waits for is data: {kind, facts}. A sentence of an earlier release keeps its words, unless it is what the
-- newest failed attempt says: then the run waits to try again, or to be published again.
alter table millrace.run alter column waiting_for type jsonb using
  case
    when waiting_for is null then null
    when waiting_for = error->>'message' then jsonb_build_object(
      'kind', case state when 'committed' then 'publish' else 'retry' end, 'facts', jsonb_build_object('code', error->'code'))
    when waiting_for = 'another run of the view holds its span' then '{"kind": "overlap", "facts": {}}'
    else jsonb_build_object('kind', 'text', 'facts', jsonb_build_object('text', waiting_for))
  end;
update millrace.run
   set history = (
         select jsonb_agg(case when jsonb_typeof(entry->'why') = 'string' then entry || jsonb_build_object(
                                 'why', jsonb_build_object('kind', 'text', 'facts', jsonb_build_object('text', entry->'why')))
                               else entry end order by place)
           from jsonb_array_elements(history) with ordinality as entries (entry, place))
 where history @> '[{"what": "snoozed"}]' or history @> '[{"what": "interrupted"}]';
