-- Why a view or a backfill rests, as data: a person with words of their own, or the circuit with what opened it.

-- What an earlier release wrote as a sentence, as facts: 'its last 5 runs failed, run 7 with SOURCE_QUERY: division by zero'.
-- The message of the failure may quote data: it is one value.
create function millrace.circuit_facts(reason text) returns jsonb language sql immutable as $$
  select jsonb_build_object(
    'runs', coalesce((regexp_match(reason, '^its last (\d+) '))[1]::int, 1),
    'run', coalesce((regexp_match(reason, ', run (\d+) with '))[1]::bigint, 0),
    'code', coalesce((regexp_match(reason, ', run \d+ with ([A-Z_]+)'))[1], 'BUG'),
    'message', jsonb_build_array(jsonb_build_object('value',
      coalesce((regexp_match(reason, ', run \d+ with [A-Z_]+: (.*)$'))[1], reason))))
$$;

alter table millrace.view
  -- Null where it is not paused.
  add column paused_kind text check (paused_kind in ('person', 'circuit')),
  -- Of a circuit: {runs, run, code, message}, the message as parts.
  add column paused_facts jsonb;
update millrace.view
   set paused_kind = case when paused_by = 'its circuit' then 'circuit' else 'person' end,
       paused_facts = case when paused_by = 'its circuit' then millrace.circuit_facts(paused_reason) end
 where paused_reason is not null;
-- Both are a person's: who, and why.
update millrace.view set paused_by = null, paused_reason = null where paused_kind = 'circuit';

alter table millrace.backfill
  add column paused_kind text check (paused_kind in ('person', 'circuit')),
  add column paused_facts jsonb;
update millrace.backfill
   set paused_kind = case when why is null then 'person' else 'circuit' end,
       paused_facts = case when why is not null then millrace.circuit_facts(why) end
 where state = 'paused';
alter table millrace.backfill drop column why;
drop function millrace.circuit_facts;

-- What an alert says is made from its facts when it is read; what the failed run says of itself is one of them.
alter table millrace.alert drop column what;
update millrace.alert
   set facts = facts - 'code' - 'message' || jsonb_build_object('error', jsonb_build_object(
         'code', facts->'code', 'message', coalesce(facts->>'message', ''), 'owner', 'nobody'))
 where facts->>'code' is not null;
