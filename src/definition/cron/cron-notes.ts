// What a change of clocks does to a schedule: a tick whose time does not exist, or comes twice.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { ticksAfter } from './cron.ts';
import { hasFixedHours } from './ticks.ts';
import { changeBetween, offsetMs } from './zone.ts';

const DAY_MS = 86_400_000;
const LOOKED_AHEAD_DAYS = 400;

/**
 * The next tick of a kind that a change of clocks touches. `local` is the time on the wall as the cron names it. One that
 * does not exist is moved; of one that comes twice the first is taken.
 */
export type ClockNote = { readonly kind: 'moved' | 'twice'; readonly local: EpochMs; readonly tick: EpochMs };

/**
 * The next note of each kind within 400 days, for a schedule of fixed hours: one that ticks in every hour loses and gains
 * an hour with the day, as everybody expects.
 */
export function clockNotes(cron: string, zone: string, from: EpochMs): ClockNote[] {
  if (!hasFixedHours(cron)) return [];
  const notes: ClockNote[] = [];
  const end = epochMsOf(from + LOOKED_AHEAD_DAYS * DAY_MS);
  for (let change = changeBetween(zone, from, end); change !== null; change = changeBetween(zone, change, end)) {
    const note = noteAt(cron, zone, change);
    if (note !== null && !notes.some(({ kind }) => kind === note.kind)) notes.push(note);
  }
  return notes;
}

function noteAt(cron: string, zone: string, change: EpochMs): ClockNote | null {
  const before = offsetMs(zone, epochMsOf(change - 1));
  const after = offsetMs(zone, change);
  const [start, end] = [change + Math.min(before, after), change + Math.max(before, after)];
  // What the clock on the wall shows, taken for UTC, in which every time comes once.
  const [local] = ticksAfter(cron, 'UTC', epochMsOf(start - 1), 1);
  if (local === undefined || local >= end) return null;
  const [tick] = ticksAfter(cron, zone, epochMsOf(local - before - 1), 1);
  return tick === undefined ? null : { kind: after > before ? 'moved' : 'twice', local, tick };
}
