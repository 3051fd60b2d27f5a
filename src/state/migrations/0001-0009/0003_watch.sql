-- Who is told when something is wrong, and what the pages of the dashboard are quick by.

-- Who paused a view: 'its circuit', or a person.
alter table millrace.view add column paused_by text;
update millrace.view v set paused_by = (
  select split_part(note, ': ', 1) from millrace.event e where e.view_id = v.id and e.kind = 'paused' order by id desc limit 1)
 where paused_reason is not null;

-- What rules of millrace.yaml say of views. An alert begins when its condition does and is over when that is; in between it
-- is told, unless the rule rests after an earlier one of the same view.
create table millrace.alert (
  id bigint generated always as identity primary key,
  -- The fingerprint of the rule, and its word.
  rule text not null,
  kind text not null,
  view_id bigint not null references millrace.view on delete cascade,
  -- Since when the condition holds, which may be before anybody looked.
  since timestamptz not null,
  -- A sentence about it, and what it is about; of when it began, or was told.
  what text not null,
  facts jsonb not null default '{}',
  began_at timestamptz not null default millrace.now(),
  told_at timestamptz,
  firing_message bigint,
  resolved_at timestamptz,
  resolved_message bigint
);
create unique index alert_open on millrace.alert (rule, view_id) where resolved_at is null;
create index alert_told on millrace.alert (rule, view_id, told_at) where told_at is not null;
create index alert_resolved on millrace.alert (resolved_at) where resolved_at is not null;
create index alert_by_firing_message on millrace.alert (firing_message) where firing_message is not null;
create index alert_by_resolved_message on millrace.alert (resolved_message) where resolved_message is not null;

-- What is sent: the same body to every target of the rule. Not jsonb, which would not keep the order of its keys.
create table millrace.alert_message (
  id bigint generated always as identity primary key,
  rule text not null,
  status text not null check (status in ('firing', 'resolved')),
  body json not null,
  at timestamptz not null default millrace.now()
);
create index alert_message_by_time on millrace.alert_message (at);

create table millrace.alert_delivery (
  -- Tells the receiver a repeat from a second message.
  id uuid primary key default gen_random_uuid(),
  message_id bigint not null references millrace.alert_message on delete cascade,
  target text not null,
  state text not null default 'pending' check (state in ('pending', 'sent', 'dead')),
  tries int not null default 0,
  not_before timestamptz not null default millrace.now(),
  -- While somebody sends it.
  lease_until timestamptz,
  -- What the last try came to, where it was not taken.
  error text,
  closed_at timestamptz,
  unique (message_id, target)
);
create index alert_delivery_pending on millrace.alert_delivery (target, message_id) where state = 'pending';

-- Which views were rebuilt lately, and what their schedules last read.
create index event_rebuilt on millrace.event (at) where kind = 'rebuilt';
create index run_read on millrace.run (view_id, id desc)
  where state in ('committed', 'done', 'failed') and reason <> 'backfill' and (counts->>'read')::bigint > 0;

-- Pages list runs by state and refused rows by reason, newest first, however few of many these are.
create index run_closed_by_state on millrace.run (state, id desc) where state in ('done', 'failed', 'cancelled', 'superseded');
create index quarantine_by_reason on millrace.quarantine (reason, id desc);
create index quarantine_by_view_and_reason on millrace.quarantine (view_id, reason, id desc);
