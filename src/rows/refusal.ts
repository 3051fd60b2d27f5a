// Why a row is refused: a closed list of reasons, which quarantine, logs and pages count by.

import { VALUE_REASONS } from '../feature-types/value-check.ts';

/** Reason → what it means, for people. A row has one: that of its first bad column, in the order of the staging table. */
export const REFUSAL_REASONS = {
  entity_id_null: 'entity_id is null',
  entity_id_empty: 'entity_id is empty',
  entity_id_too_long: 'entity_id is longer than 512 bytes',
  entity_id_control_character: 'entity_id holds a control character',
  entity_id_bad_unicode: 'entity_id holds half a surrogate pair',
  entity_id_not_whole: 'entity_id is a number, but not a whole one',
  entity_id_out_of_range: 'entity_id is a float beyond the integers that floats hold exactly',
  timestamp_null: 'timestamp is null',
  timestamp_unparsable: 'timestamp is not an ISO date or time',
  timestamp_too_precise: 'timestamp has digits below the microsecond',
  timestamp_out_of_range: 'timestamp is infinite, before 1900 or after 2200',
  timestamp_outside_span: 'timestamp is outside the rows that the run replaces',
  timestamp_in_future: 'timestamp is later than the database clock allows',
  ...VALUE_REASONS,
  tie_break_wrong_type: 'tie_break does not have the type of its column',
  row_broken: 'a row of a file is not written as its format says',
  field_wrong_type: 'a field of a file does not fit the type that the view declares',
} as const satisfies Record<string, string>;

export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** What a field check says instead of a COPY field: made once per check, never per row. */
export type Refusal = {
  readonly reason: RefusalReason;
  /** The end of the sentence "<column> is <text>, not …": `a finite number`. */
  readonly expected: string;
};

/** The COPY field for a value, or why there is none. Never throws, whatever the text. */
export type FieldCheck = (text: string) => string | Refusal;

/** A row that did not get in, as quarantine keeps it. */
export type RefusedRow = {
  readonly reason: RefusalReason;
  /** One sentence: the column, what was found, what is expected. */
  readonly detail: string;
  /** Column → text as the source gave it, cut to 500 characters; an object without prototype, safe as jsonb. */
  readonly row: Readonly<Record<string, string | null>>;
};

const SHOWN_CHARACTERS = 500;
const QUOTED_CHARACTERS = 64;
export const REDACTED = '[redacted]';

/** "<column> is "abc", not a finite number", without the value where the view is redacted. */
export function refusalDetail(column: string, text: string | null, expected: string, redacted: boolean): string {
  if (text === null) return `${column} is null, not ${expected}`;
  if (redacted) return `${column} is not ${expected}`;
  return `${column} is ${JSON.stringify(cut(text, QUOTED_CHARACTERS))}, not ${expected}`;
}

/** A row as jsonb can hold it: no prototype to reach through `__proto__`, no U+0000, no half surrogate pairs, bounded. */
export function refusedRecord(
  names: readonly string[],
  textOf: (index: number) => string | null,
  redacted: boolean,
): Readonly<Record<string, string | null>> {
  const record: Record<string, string | null> = Object.create(null);
  for (const [index, name] of names.entries()) {
    const text = textOf(index);
    record[cut(name, SHOWN_CHARACTERS)] =
      text === null ? null : redacted && name !== 'entity_id' ? REDACTED : cut(text, SHOWN_CHARACTERS);
  }
  return record;
}

function cut(text: string, characters: number): string {
  const short = text.length > characters ? `${text.slice(0, characters)}…` : text;
  return short.toWellFormed().replaceAll('\0', '\u2400');
}
