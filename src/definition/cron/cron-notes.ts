// How changes of clocks affect a schedule: ticks at times that do not exist or occur twice.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { ticksAfter } from './cron.ts';
import { hasFixedHours } from './ticks.ts';
import { changeBetween, offsetMs } from './zone.ts';

const DAY_MS = 86_400_000;
const LOOKED_AHEAD_DAYS = 400;

/**
 * The next tick that a change of clocks affects. `local` is the local time that the cron names. A time that does not exist
 * is moved; of a time that occurs twice the first is used.
 */
export type ClockNote = { readonly kind: 'moved' | 'twice'; readonly local: EpochMs; readonly tick: EpochMs };

/**
 * The next note of each kind within 400 days, for a schedule with fixed hours. A schedule of every hour needs none: it has
 * one tick less or more on such a day, as expected.
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
  // Local time treated as UTC, in which every time occurs once.
  const [local] = ticksAfter(cron, 'UTC', epochMsOf(start - 1), 1);
  if (local === undefined || local >= end) return null;
  const [tick] = ticksAfter(cron, zone, epochMsOf(local - before - 1), 1);
  return tick === undefined ? null : { kind: after > before ? 'moved' : 'twice', local, tick };
}
