// When something that is due gets done: by which job, or by whom where no job looks at the view.

import { command, type Message, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { databaseNow } from '../state/queries/view-overview.ts';
import { newestDeployment } from '../state/views/deployment.ts';
import { count, localAndUtc } from './format.ts';
import { type NextTick, nextTicks } from './next-ticks.ts';

/** The next ticks of a view's deployed jobs, soonest first; of none where nothing is deployed. */
export async function deployedTicks(database: Database): Promise<ReturnType<typeof nextTicks>> {
  const jobs = (await newestDeployment(database))?.jobs ?? [];
  return nextTicks(jobs, await databaseNow(database));
}

/** `with the next tick of nightly at 2026-01-06 03:15 UTC, or now with: millrace run spend`. */
export function whenDone(name: string, ticks: readonly NextTick[]): string {
  const [next] = ticks;
  if (next?.at == null) return `when you say so, as ${noTickText(name, ticks)}: millrace run ${name}`;
  return `with the next tick of ${next.job} at ${localAndUtc(next.at, next.zone)}, or now with: millrace run ${name}`;
}

/** Why nothing looks at a view: `no job looks at spend`, `the job nightly of spend is paused`. */
export function noTickText(name: string, ticks: readonly NextTick[]): string {
  const jobs = ticks.map(({ job }) => job);
  if (jobs.length === 0) return `no job looks at ${name}`;
  return jobs.length === 1 ? `the job ${jobs[0]} of ${name} is paused` : `all jobs of ${name} are paused`;
}

const NAMES_MAX = 8;

/** `No job looks at: spend, orders, … and 12 more; they run only when you say so.`; empty where there are none. */
export function unscheduledSentence(names: readonly string[]): Message {
  if (names.length === 0) return [];
  const more = names.length > NAMES_MAX ? `, … and ${count(names.length - NAMES_MAX)} more` : '';
  const they = names.length === 1 ? 'it runs' : 'they run';
  const listed = `${names.slice(0, NAMES_MAX).join(', ')}${more}; ${they}`;
  return text`No job looks at: ${safe(listed)} only when you say so, with: ${command('millrace run VIEW')}`;
}
