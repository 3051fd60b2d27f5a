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

-- Why a view is written again online is a kind, in its row, in events and in alerts.
create function millrace.rebuild_kind(reason text) returns text language sql immutable as $$
  select case reason
    when 'its ttl changed' then 'ttl'
    when 'its features changed' then 'features'
    when 'asked for' then 'command'
    when 'the online store holds publish numbers that Postgres never gave out' then 'publish_numbers'
    when 'the online store was emptied, or restarted without its data' then 'emptied'
    when 'the online store is an older one' then 'older'
    when 'the Redis server was restarted, or another one has taken over' then 'server'
    when 'a publish ended online without a record of it' then 'unrecorded'
    when 'the online store’s record of itself was damaged' then 'damaged'
    when 'Postgres is older than the online store: one of them was restored from a backup' then 'restored'
    else 'other' end
$$;
update millrace.view set rebuild_reason = millrace.rebuild_kind(rebuild_reason) where rebuild_reason is not null;
alter table millrace.view add constraint view_rebuild_reason_check check (rebuild_reason ~ '^[a-z_]+$');
update millrace.event set note = jsonb_set(note, '{facts,reason}', to_jsonb(millrace.rebuild_kind(note->'facts'->>'reason')))
 where kind = 'rebuilt' and note->'facts' ? 'reason';
update millrace.alert set facts = jsonb_set(facts, '{reason}', to_jsonb(millrace.rebuild_kind(facts->>'reason')))
 where facts ? 'reason';
drop function millrace.rebuild_kind;
