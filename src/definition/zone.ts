// Time zones: which exist, and when their clocks change.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { nearestWord } from './nearest.ts';

const DAY_MS = 86_400_000;

/** Null for a time zone of the IANA database, written as it is there; else what is wrong with the text. */
export function zoneProblem(zone: string): string | null {
  if (isZone(zone)) return null;
  const near = nearestWord(zone, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  const hint = near === null ? '' : `; did you mean \`${near}\`?`;
  return `'${zone.slice(0, 60)}' is no time zone; expected UTC or a name such as Europe/London${hint}`;
}

function isZone(zone: string): boolean {
  if (zone === 'UTC' || Intl.supportedValuesOf('timeZone').includes(zone)) return true;
  if (!/^[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z0-9_+-]+)+$/.test(zone)) return false;
  try {
    // The list has one name per zone; Asia/Kolkata is as good a name as its Asia/Calcutta.
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** UTC midnights of the days, from `from` to `to`, in which the zone's offset from UTC changes. */
export function changeDays(zone: string, from: EpochMs, to: EpochMs): EpochMs[] {
  if (zone === 'UTC') return [];
  const offset = offsetsOf(zone);
  const days: EpochMs[] = [];
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day <= to; day += DAY_MS) {
    if (offset(day) !== offset(day + DAY_MS)) days.push(epochMsOf(day));
  }
  return days;
}

/** The zone's offset from UTC at an instant, as text: GMT+10:30. */
function offsetsOf(zone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  return (instant) => format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? '';
}
