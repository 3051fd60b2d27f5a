-- Intervals that are held only because their source was unavailable are released when the source responds again.
alter table millrace.view add column source text;
update millrace.view set source = spec->>'source';
alter table millrace.view alter column source set not null;

create table millrace.source_probe (
  source text primary key,
  next_at timestamptz not null,
  -- The probes of the last 24 hours before the newest one, oldest first.
  probed_at timestamptz[] not null default '{}',
  -- The failure of the newest probe; null if the source has responded.
  error jsonb,
  responded_at timestamptz
);
