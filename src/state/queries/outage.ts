// The part of a view's held time that waits only for its source, and the probes of that source.

import { AWAY } from '../outages/away.ts';
import { MS } from './run-overview.ts';

export type Outage = {
  /** How much of the held time is released when the source responds. */
  readonly ms: number;
  /** The probes of the last 24 hours. */
  readonly probes: number;
  /** Null if it was not probed yet. */
  readonly probedAt: number | null;
  readonly nextProbeAt: number | null;
  /** The code of the newest probe's failure; null if the source has responded. */
  readonly code: string | null;
};

/** SQL: a lateral row for view `v` with coverage `c`: `outage` as JSON, null if nothing waits only for the source. */
export const OUTAGE = `lateral (
  select case when not isempty(away.spans) then jsonb_build_object(
           'ms', (select (extract(epoch from sum(upper(part) - lower(part))) * 1000)::bigint from unnest(away.spans) part),
           'probes', (select count(*) from unnest(p.probed_at) at where at > millrace.now() - interval '24 hours'),
           'probedAt', (select ${MS('max(at)')} from unnest(p.probed_at) at),
           'nextProbeAt', ${MS('p.next_at')}, 'code', p.error->>'code') end as outage
    from (select 1) one cross join ${AWAY} away
    left join millrace.source_probe p on p.source = v.source)`;
