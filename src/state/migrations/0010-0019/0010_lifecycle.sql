-- One lifecycle of runs: src/state/runs/transitions.ts says how a run changes, and each change writes its own entry into the
-- history, which a trigger guessed until now. The indexes on states of runs keep the lists that they were made with;
-- src/state/runs/states.ts spells the same ones for queries.

drop trigger run_is_remembered on millrace.run;
drop function millrace.remember_run();

-- The stage `stage` is named `extract`. Within the text of a jsonb value, only its own names and values have such quotes:
-- those in messages are escaped.
alter table millrace.run drop constraint run_stage_check;
update millrace.run
   set stage = case stage when 'stage' then 'extract' else stage end,
       history = replace(replace(history::text, '"what": "staged"', '"what": "extracted"'),
                         '"stage": "stage"', '"stage": "extract"')::jsonb
 where stage = 'stage' or history @> '[{"what": "staged"}]' or history @> '[{"stage": "stage"}]';
alter table millrace.run add constraint run_stage_check
  check (stage in ('claim', 'extract', 'check', 'commit', 'publish', 'done'));

-- What an event says is data: {kind, facts}. Texts of earlier releases keep their words where what they say is not certain.
alter table millrace.event alter column note type jsonb using
  case
    when note is null then null
    when kind = 'applied' and note = 'added' then jsonb_build_object('kind', 'added', 'facts', '{}'::jsonb)
    when kind = 'applied' and note = 'definition changed' then jsonb_build_object('kind', 'changed', 'facts', '{}'::jsonb)
    when kind = 'stale' and note in ('restated', 'lookback') then jsonb_build_object('kind', note, 'facts', '{}'::jsonb)
    when kind = 'stale' and note ~ '^edited query applied as (restate|forward-only|equivalent)$'
      then jsonb_build_object('kind', 'edited', 'facts', jsonb_build_object('meaning', split_part(note, ' as ', 2)))
    when kind = 'skipped' and note ~ '^catch_up: \S+$'
      then jsonb_build_object('kind', 'catch_up', 'facts', jsonb_build_object('catchUp', split_part(note, ' ', 2)))
    when kind = 'held' and run_id is null and note ~ '^backfill \d+ was cancelled$'
      then jsonb_build_object('kind', 'backfill_cancelled', 'facts',
                              jsonb_build_object('backfill', split_part(note, ' ', 2)::bigint))
    -- A name or a reason may hold the mark between them; the circuit's own name does not.
    when kind = 'paused' and (note like 'its circuit: %' or note !~ ': .*: ') and strpos(note, ': ') > 0
      then jsonb_build_object('kind', 'paused', 'facts', jsonb_build_object(
             'by', split_part(note, ': ', 1), 'reason', substr(note, strpos(note, ': ') + 2)))
    when kind = 'rebuilt' then jsonb_build_object('kind', 'rebuilt', 'facts', jsonb_build_object('reason', note))
    else jsonb_build_object('kind', 'text', 'facts', jsonb_build_object('text', note))
  end;
