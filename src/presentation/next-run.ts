// When due work will run: at the next tick of which job, or on which command.

import { command, type Message, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { databaseNow } from '../state/queries/view-overview.ts';
import { newestDeployment } from '../state/views/deployment.ts';
import { count, localAndUtc } from './format.ts';
import { type NextTick, nextTicks } from './next-ticks.ts';

/** The next ticks of a view's deployed jobs, soonest first; empty if nothing is deployed. */
export async function deployedTicks(database: Database): Promise<ReturnType<typeof nextTicks>> {
  const jobs = (await newestDeployment(database))?.jobs ?? [];
  return nextTicks(jobs, await databaseNow(database));
}

/** `at the next tick of nightly, 2026-01-06 03:15 UTC, or now with: millrace run spend`. */
export function whenRun(name: string, ticks: readonly NextTick[]): Message {
  const [next] = ticks;
  const run = command(`millrace run ${name}`);
  if (next?.at == null) return text`only on request, because ${safe(noTickText(ticks, name))}; to run it now: ${run}`;
  return text`at the next tick of ${safe(next.job)}, ${safe(localAndUtc(next.at, next.zone))}, or now with: ${run}`;
}

/** Why no tick will plan a view: `no job schedules it`, `its job nightly is paused`. */
export function noTickText(ticks: readonly NextTick[], view = 'it'): string {
  const jobs = ticks.map(({ job }) => job);
  if (jobs.length === 0) return `no job schedules ${view}`;
  return jobs.length === 1 ? `its job ${jobs[0]} is paused` : 'all of its jobs are paused';
}

const NAMES_MAX = 8;

/** `No job schedules spend, orders, … and 12 more. Run them with: millrace run VIEW`; empty if all views are scheduled. */
export function unscheduledSentence(names: readonly string[]): Message {
  if (names.length === 0) return [];
  const more = names.length > NAMES_MAX ? `, … and ${count(names.length - NAMES_MAX)} more` : '';
  const listed = `${names.slice(0, NAMES_MAX).join(', ')}${more}`;
  const [only = ''] = names;
  const [them, name] = names.length === 1 ? ['it', only] : ['them', 'VIEW'];
  return text`No job schedules ${safe(listed)}. Add ${safe(them)} to a file in jobs/, or run ${safe(them)} with: ${command(`millrace run ${name}`)}`;
}
