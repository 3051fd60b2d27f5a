// Instants, as integer milliseconds or microseconds since 1970-01-01T00:00:00Z.
//
// Microseconds of the years 1900 to 2200 are exact in a double (2200 is 7.3e15, below 2^53), so both are plain numbers.

declare const epochMs: unique symbol;
declare const epochMicros: unique symbol;

/** An instant: integer milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number & { readonly [epochMs]: true };

/** An instant: integer microseconds since 1970-01-01T00:00:00Z, within the years 1900 to 2200. */
export type EpochMicros = number & { readonly [epochMicros]: true };

/** The only place where a number becomes an instant. */
export function epochMsOf(milliseconds: number): EpochMs {
  return milliseconds as EpochMs; // the brand exists only for the compiler
}

/** The instant of a count of microseconds. */
export function epochMicrosOf(microseconds: number): EpochMicros {
  return microseconds as EpochMicros; // the brand exists only for the compiler
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

/** The years 1 to 9999, in UTC: the times that ISO text and Postgres write alike. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether an instant lies in the years 1 to 9999. */
export function isRepresentable(instant: number): boolean {
  return instant >= EARLIEST_MS && instant <= LATEST_MS;
}

/** Parses an ISO date or date-time of the years 1 to 9999, in UTC if it has no offset; null if it is neither. */
export function parseInstant(text: string): EpochMs | null {
  const found = ISO.exec(text.trim());
  if (found === null) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] = found;
  const offset = zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const instant = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}${offset}`);
  if (!isRepresentable(instant)) return null;
  // Date.parse turns 31 February into a day of March; dates that do not exist are refused here.
  const written = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return written.getUTCDate() === Number(day) ? epochMsOf(instant) : null;
}

/** `2026-11-20T18:04:11Z`, with milliseconds only if they are not zero. */
export function formatInstant(instant: EpochMs): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
