// Time zones: their names and their changes of clocks.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { nearestWord } from '../yaml/nearest.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

// Names of the tz database without an area. The runtime also accepts other abbreviations, and reads some of them in a
// surprising way (BST as Asia/Dhaka, AST as Anchorage). Those are refused.
const PLAIN_NAMES = new Set(
  `CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland Iran Israel
   Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT
   UTC Universal W-SU WET Zulu`.split(/\s+/),
);

/** The problem with the name of a time zone; null if it is a name of the IANA database, with the same case. */
export function zoneProblem(zone: string): string | null {
  if (isZone(zone)) return null;
  const near = nearestWord(zone, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  const hint = near === null ? '' : `; did you mean \`${near}\`?`;
  return `'${zone.slice(0, 60)}' is not a time zone; expected UTC or a name such as Europe/London${hint}`;
}

function isZone(zone: string): boolean {
  if (Intl.supportedValuesOf('timeZone').includes(zone)) return true;
  if (!PLAIN_NAMES.has(zone) && !/^[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z0-9_+-]+)+$/.test(zone)) return false;
  try {
    // The list has one name per zone: Asia/Calcutta, but not Asia/Kolkata.
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The first instant in (from, to] at which the zone's offset from UTC changes; null if it does not. */
export function changeBetween(zone: string, from: EpochMs, to: EpochMs): EpochMs | null {
  if (zone === 'UTC') return null;
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day <= to; day += DAY_MS) {
    if (midnightOffsetMs(zone, day) === midnightOffsetMs(zone, day + DAY_MS)) continue;
    const change = changeWithin(zone, day);
    if (change > from && change <= to) return change;
  }
  return null;
}

/** The first minute of the new offset, on a day with a change. */
function changeWithin(zone: string, day: number): EpochMs {
  const old = midnightOffsetMs(zone, day);
  let [before, after] = [day / MINUTE_MS, (day + DAY_MS) / MINUTE_MS];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetMs(zone, epochMsOf(middle * MINUTE_MS)) === old) before = middle;
    else after = middle;
  }
  return epochMsOf(after * MINUTE_MS);
}

/** The zone's offset from UTC at an instant, in milliseconds; east is positive. */
export function offsetMs(zone: string, instant: EpochMs): number {
  if (zone === 'UTC') return 0;
  const parts = formatOf(zone).formatToParts(instant);
  const text = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = OFFSET.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
}

/** `GMT`, `GMT+10:30`, and with seconds for dates before standard time. */
const OFFSET = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

// Computing an offset takes microseconds, and schedules of one zone need the same days.
const midnights = new Map<string, Map<number, number>>();
const DAYS_KEPT_MAX = 5_000;

function midnightOffsetMs(zone: string, midnight: number): number {
  const days = midnights.get(zone) ?? new Map<number, number>();
  const offset = days.get(midnight) ?? offsetMs(zone, epochMsOf(midnight));
  if (days.size > DAYS_KEPT_MAX) days.clear();
  midnights.set(zone, days.set(midnight, offset));
  return offset;
}

// Creating a format takes longer than using it a hundred times. There are at most as many as zones.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  return format;
}
