// The parts of a view's held time that wait only for a source, and the probes of these sources.

import { AWAY } from '../outages/away.ts';
import { MS } from './run-overview.ts';

export type Outage = {
  /** The unavailable source: the view's own, or that of one of its tables. */
  readonly source: string;
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

/** The held time that waits only for sources: no two outages share time. */
export function waitingMs(outages: readonly Outage[]): number {
  return outages.reduce((sum, { ms }) => sum + ms, 0);
}

/** SQL: a lateral row for view `v` with coverage `c`: `outages` as a JSON array, the one of the newest failure first. */
export const OUTAGES = `lateral (
  select coalesce(jsonb_agg(jsonb_build_object(
           'source', waiting.source,
           'ms', (select (extract(epoch from sum(upper(part) - lower(part))) * 1000)::bigint from unnest(waiting.spans) part),
           'probes', (select count(*) from unnest(p.probed_at) at where at > millrace.now() - interval '24 hours'),
           'probedAt', (select ${MS('max(at)')} from unnest(p.probed_at) at),
           'nextProbeAt', ${MS('p.next_at')}, 'code', p.error->>'code') order by waiting.failed_run desc), '[]') as outages
    from ${AWAY} waiting
    left join millrace.source_probe p on p.source = waiting.source)`;
