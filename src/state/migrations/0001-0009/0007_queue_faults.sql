-- What the reconciler found wrong with the queues in Redis: set by another program, never by Millrace. Kept for a week after
-- it was fixed, so that a queue that somebody pauses again and again shows.
create table millrace.queue_fault (
  queue text not null,
  kind text not null check (kind in ('paused', 'limited', 'damaged')),
  -- Of a damaged key, its name within the queue; else empty.
  key text not null default '',
  -- What was found there: a limit, or a type. Never a value that may be secret.
  found text not null,
  times bigint not null default 1,
  found_at timestamptz not null default millrace.now(),
  -- Null while it is not fixed.
  repaired_at timestamptz,
  primary key (queue, kind, key)
);
