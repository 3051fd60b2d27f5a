// Numbers, instants and spans as people read them. Times of data are in UTC; times to wait for are also in local time.

import type { EpochMicros, EpochMs } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';

/** `1,234`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 run`, `2 runs`; pass `many` for an irregular plural. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `2026-09-01` at midnight UTC, otherwise `2026-09-01T13:05Z`; seconds are shown unless they are zero. */
export function shortInstant(instant: EpochMs): string {
  const text = new Date(instant).toISOString();
  if (text.endsWith('T00:00:00.000Z')) return text.slice(0, 10);
  return text.replace(/\.000Z$/, 'Z').replace(/:00Z$/, 'Z');
}

/** `[2026-09-01, 2026-09-02)`; `now` for a view without spans. */
export function shortSpan(span: Interval | null): string {
  return span === null ? 'now' : `[${shortInstant(span.start)}, ${shortInstant(span.end)})`;
}

/** `2026-11-21 03:15 GMT+1 (02:15Z)`: an instant in a zone (default: the machine's) and in UTC; only in UTC if they agree. */
export function localAndUtc(instant: EpochMs, zone?: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).formatToParts(new Date(instant));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const local = `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
  const utc = new Date(instant).toISOString().replace('T', ' ').slice(0, 16);
  // Some zones equal UTC, all year or in winter.
  if (utc === local) return `${utc} UTC`;
  const isSameDay = utc.slice(0, 10) === local.slice(0, 10);
  return `${local} ${part('timeZoneName')} (${isSameDay ? utc.slice(11) : utc.replace(' ', 'T')}Z)`;
}

/** `2026-11-21 02:15:30 UTC`: for times where seconds matter. */
export function utcText(instant: EpochMs): string {
  return `${new Date(instant).toISOString().replace('T', ' ').slice(0, 19)} UTC`;
}

/** An instant in microseconds as ISO text: `2026-11-20T10:00:00.000001Z`. */
export function microsText(micros: EpochMicros): string {
  const milliseconds = Math.floor(micros / 1_000);
  const rest = String(micros - milliseconds * 1_000).padStart(3, '0');
  return new Date(milliseconds).toISOString().replace('Z', `${rest}Z`);
}

/** An instant in JSON; null stays null. */
export function isoOf(instant: EpochMs | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

/** A span in JSON; null for a view without spans. */
export function isoSpan(span: Interval | null): { start: string; end: string } | null {
  return span === null ? null : { start: new Date(span.start).toISOString(), end: new Date(span.end).toISOString() };
}

/** The number of units in a length of time, rounded up. */
export function unitsIn({ ms }: { readonly ms: number }, unitMs: number): number {
  return Math.ceil(ms / unitMs);
}

/** The number of units in the spans. */
export function unitsOf(spans: readonly Interval[], unitMs: number): number {
  return spans.reduce((sum, span) => sum + Math.ceil((span.end - span.start) / unitMs), 0);
}
