// The reasons to refuse a row: a closed list that quarantine, logs and pages use.

import type { FeatureView } from '../definition/view.ts';
import { VALUE_REASONS } from '../feature-types/value-check.ts';

/** Reason → its meaning. A row has one reason: that of its first bad column, in the order of the staging table. */
export const REFUSAL_REASONS = {
  entity_id_null: 'entity_id is null, or all components of a composite entity are',
  entity_id_part_null: 'a component of a composite entity is null, but another one is not',
  entity_id_empty: 'entity_id is empty',
  entity_id_too_long: 'entity_id is longer than 512 bytes',
  entity_id_control_character: 'entity_id contains a control character',
  entity_id_bad_unicode: 'entity_id contains an unpaired surrogate',
  entity_id_not_whole: 'entity_id is a number, but not a whole number',
  entity_id_out_of_range: 'entity_id is a float too large to be an exact integer',
  entity_id_wrong_parts: 'entity_id does not have the components of the composite entity',
  timestamp_null: 'timestamp is null',
  timestamp_unparsable: 'timestamp is not an ISO date or time',
  timestamp_too_precise: 'timestamp has more than six decimal places (microseconds)',
  timestamp_out_of_range: 'timestamp is infinite, before 1900 or after 2200',
  timestamp_outside_span: 'timestamp is outside the time range that the run replaces',
  timestamp_in_future: 'timestamp is later than the database clock allows',
  ...VALUE_REASONS,
  value_repeated: 'more than one row of a long table has the same name, entity and time',
  tie_break_wrong_type: 'tie_break does not have the type of its column',
  row_broken: 'a row of a file is not valid in its format',
  check_failed: 'a check of the view refuses the row',
  column_unknown: 'a pushed row has a member that is not a feature of the view',
  field_wrong_type: 'a field of a file does not match the type that the view declares',
} as const satisfies Record<string, string>;

export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** What a field check returns instead of a COPY field. Created once per check, not per row. */
export type Refusal = {
  readonly reason: RefusalReason;
  /** The end of "<column> is <text>, not …": `a finite number`. */
  readonly expected: string;
};

/** The COPY field for a value, or the reason to refuse it. Never throws. */
export type FieldCheck = (text: string) => string | Refusal;

/** A refused row as stored in quarantine. */
export type RefusedRow = {
  readonly reason: RefusalReason;
  /** The column that was refused; null if the whole row is malformed. */
  readonly field: string | null;
  /** The column, what was found, and what was expected. */
  readonly detail: string;
  /** Column → its text, cut to 500 characters. An object without a prototype, safe as jsonb. */
  readonly row: Readonly<Record<string, string | null>>;
};

/** Whether values may be shown. */
type Redaction = Pick<FeatureView, 'redacted'>;

const SHOWN_CHARACTERS = 500;
const QUOTED_CHARACTERS = 64;
export const REDACTED = '[redacted]';

/** "<column> is "abc", not a finite number", without the value if the view is redacted. */
export function refusalDetail({ redacted }: Redaction, column: string, text: string | null, expected: string): string {
  if (text === null) return `${column} is null, not ${expected}`;
  if (redacted) return `${column} is not ${expected}`;
  return `${column} is ${JSON.stringify(cut(text, QUOTED_CHARACTERS))}, not ${expected}`;
}

/** The name of a column, as `field` of a refused row. */
export function refusedField(column: string): string {
  return cut(column, QUOTED_CHARACTERS);
}

/**
 * A row that jsonb can store: without a prototype, U+0000 and unpaired surrogates, and of limited size. `keys` are the
 * columns that a redacted view shows.
 */
export function refusedRecord(
  { redacted }: Redaction,
  names: readonly string[],
  textOf: (index: number) => string | null,
  keys: readonly string[] = ['entity_id'],
): Readonly<Record<string, string | null>> {
  const record: Record<string, string | null> = Object.create(null);
  for (const [index, name] of names.entries()) {
    const text = textOf(index);
    record[cut(name, SHOWN_CHARACTERS)] =
      text === null ? null : redacted && !keys.includes(name) ? REDACTED : cut(text, SHOWN_CHARACTERS);
  }
  return record;
}

function cut(text: string, characters: number): string {
  const short = text.length > characters ? `${text.slice(0, characters)}…` : text;
  return short.toWellFormed().replaceAll('\0', '\u2400');
}
