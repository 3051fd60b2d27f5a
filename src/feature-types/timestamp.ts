import type { FeatureTypeEntry } from './feature-type.ts';
import type { FileCast } from './file-cast.ts';
import { canonicalTime, type NotATimestamp, parseMicros, withZone } from './iso-time.ts';
import type { ValueCheck, ValueRefusal } from './value-check.ts';

export const timestamp = {
  parameters: null,
  fileParameters: null,
  holds: 'a time between the years 1 and 9999, with microsecond precision; UTC if it has no offset',
  readAs: '`string`: `2026-01-31T23:59:59.123456Z`',
  typescript: 'string',
  fileType: 'timestamptz',
  columns: ['timestamptz', 'timestamp', 'date', 'text'],
  textOfInteger: null,
  isNull: null,
  check: timestampValueCheck,
  fileCast: () => FILE_CAST,
  arithmetic: null,
  jsonForm: 'string',
  pushedAs: 'text', // without an offset it is UTC
  isDefault: null,
  canonicalText: canonicalTime,
  sqlType: 'timestamptz',
  extremes: 'kept',
  profiledAs: 'none',
  textSql: isoTextSql,
  isCopiedAsText: false,
  isText: () => true,
  fromText: (text) => text,
} as const satisfies FeatureTypeEntry<string>;

const REFUSALS = {
  unparsable: { reason: 'value_wrong_type', expected: 'an ISO date or time' },
  'too precise': { reason: 'value_too_precise', expected: 'a time in whole microseconds' },
  'out of range': { reason: 'value_out_of_range', expected: 'a time between the years 1 and 9999' },
} as const satisfies Record<NotATimestamp, ValueRefusal>;

/** Any instant of the years 1 to 9999. */
export function timestampValueCheck(): ValueCheck {
  return rememberingLast((text) => {
    const micros = parseMicros(text);
    return typeof micros === 'number' ? withZone(text) : REFUSALS[micros];
  });
}

/** A check that caches its last text, because consecutive rows often have the same time. */
export function rememberingLast<Refused>(
  check: (text: string) => string | Refused,
): (text: string) => string | Refused {
  let lastText = '';
  let lastField = check(lastText);
  return (text) => {
    if (text === lastText) return lastField;
    lastText = text;
    lastField = check(text);
    return lastField;
  };
}

/** The SQL expression for a timestamptz as ISO text, UTC, with six decimals. */
export function isoTextSql(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The times that the row check accepts. DuckDB also accepts 24:00 as the next day, and +99:99. */
const ISO_TIME = String.raw`\d{4}-\d{2}-\d{2}([Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6}0*)?)?( ?([Zz]|UTC|[+-](0\d|1[0-5])(:?[0-5]\d)?))?)?`;

const FILE_CAST: FileCast = {
  value: (text) => `try_cast(${spelledOut(text)} as timestamptz)`,
  fits: (text) => `(regexp_full_match(${text}, '${ISO_TIME}') and ${FILE_CAST.value(text)} is not null)`,
  expected: 'an ISO date or time in whole microseconds',
  jsonString: 'content',
};

// DuckDB needs seconds, a colon in the offset (10:00+0530 becomes 10:00:00+05:30), a capital T and Z, and no blank after the time.
function spelledOut(text: string): string {
  const isOther = `right(${text}, 1) in ('z', 'C') or substr(${text}, 11, 1) = 't' or contains(substr(${text}, 12), ' ')`;
  const plain = `left(${text}, 10) || 'T' || replace(regexp_replace(substr(${text}, 12), '(z|UTC)$', 'Z'), ' ', '')`;
  const withZ = `case when ${isOther} then ${plain} else ${text} end`;
  const withSeconds = `regexp_replace(${withZ}, '^(.{10}[T ]\\d{2}:\\d{2})([Z+-]|$)', '\\1:00\\2')`;
  return `regexp_replace(${withSeconds}, '([+-]\\d{2})(\\d{2})$', '\\1:\\2')`;
}
