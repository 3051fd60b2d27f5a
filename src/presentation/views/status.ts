// The status of a view: its overview, and the next ticks of its jobs.

import type { ViewOverview } from '../../state/queries/view-overview.ts';
import type { NextTick } from '../next-ticks.ts';

/** A view with the next tick of each job that names it, soonest first. */
export type Status = ViewOverview & { readonly ticks: readonly NextTick[] };
