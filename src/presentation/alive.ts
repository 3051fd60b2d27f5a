// Missing processes: work is due, but no worker or scheduler is running.

import { command, type Message, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { aliveProcesses } from '../state/processes.ts';
import type { ViewFacts } from '../state/views/view-state.ts';
import type { NextTick } from './next-ticks.ts';

type Ticking = Pick<ViewFacts, 'view' | 'retired' | 'watermark' | 'openRuns'> & {
  readonly ticks: readonly NextTick[];
};

export type AliveCounts = { readonly schedulers: number; readonly workers: number };

export async function countAlive(database: Database): Promise<AliveCounts> {
  const alive = await aliveProcesses(database);
  const of = (wanted: string) => alive.filter(({ kind }) => kind === wanted).length;
  return { schedulers: of('scheduler'), workers: of('worker') };
}

/** Whether a view still has time to cover, but no job schedules it. */
export function isUnscheduled({ view, retired, ticks, watermark }: Ticking): boolean {
  const isOver = view.end !== null && watermark !== null && watermark >= view.end;
  return view.kind !== 'pushed' && !retired && !isOver && ticks.every(({ at }) => at === null);
}

/** A sentence for each kind of process that is needed and is not running. */
export function missingProcesses(
  views: readonly Ticking[],
  { schedulers, workers }: AliveCounts,
): (string | Message)[] {
  const isPlanned = views.some(({ openRuns }) => openRuns > 0);
  const isScheduled = views.some(({ ticks: [next] }) => next?.at != null);
  return [
    isPlanned && workers === 0 ? text`No worker is running: start one with "${command('millrace worker')}".` : '',
    isScheduled && schedulers === 0
      ? text`No scheduler is running, so no jobs will start: start one with "${command('millrace scheduler')}".`
      : '',
  ];
}
