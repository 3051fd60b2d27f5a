// The row check: a row is accepted, or refused with one reason. Nothing is repaired silently (docs/architecture/row-check.md).
//
// Accepted rows become lines of COPY text. Each field is text in and text out, without an object per accepted row, so a
// million rows take about a second of CPU.

import { isComposite, keyColumns } from '../definition/entity.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import { entryOf, numbersOf } from '../feature-types/index.ts';
import { withArticle } from '../feature-types/spelling.ts';
import type { RowBatch } from './batch.ts';
import { entityIdCheck } from './entity-id.ts';
import { joinedCheck, partsCheck } from './entity-parts.ts';
import type { RowLayout } from './layout.ts';
import {
  type FieldCheck,
  type Refusal,
  type RefusedRow,
  refusalDetail,
  refusedField,
  refusedRecord,
} from './refusal.ts';
import type { RowRange } from './row-range.ts';
import { tieBreakCheck } from './tie-break.ts';
import { timestampCheck } from './timestamp.ts';

export type RowCheckOptions = {
  readonly view: FeatureView;
  readonly layout: RowLayout;
  /** The timestamps of the run; null if any timestamp is accepted (views of kind `latest`). */
  readonly range: RowRange | null;
  /** The database clock plus its tolerance, in microseconds since 1970. */
  readonly latestAllowedMicros: number;
};

/** The result for a batch. `read = accepted + refused.length`, always. */
export type CheckedBatch = {
  /** The accepted rows as lines of COPY text, with the columns of `stagingColumns`; '' if there are none. */
  readonly text: string;
  readonly read: number;
  readonly accepted: number;
  /** In the order of the batch. Rows that the source refused come first. */
  readonly refused: readonly CheckedRefusal[];
};

/**
 * A refused row and its key: entity_id and event_timestamp, as at the start of a COPY line. The key is null if one of these
 * was refused, and for rows that the source refused. In a complete view, an entity is a key with a null time; in the parts
 * of an incremental view, a time is a key with a null entity if the entity is unreadable.
 */
export type CheckedRefusal = RefusedRow & { readonly key: string | null };

/** Checks the batches of one run. Keeps no state between batches. */
export type RowCheck = { check(batch: RowBatch): CheckedBatch };

/** One column of the staging table: its index in a batch, and its check. */
type CheckedField = {
  readonly index: number;
  readonly name: string;
  readonly check: FieldCheck;
  /** The COPY field of a null, or the reason to refuse it. */
  readonly onNull: string | Refusal;
};

const NULL_FIELD = '\\N';

/** The row check of one run. */
export function createRowCheck(options: RowCheckOptions): RowCheck {
  const fields = checkedFields(options);
  const lineOf = lineReader(options, fields);
  return {
    check(batch) {
      const refused: CheckedRefusal[] = (batch.refused ?? []).map((row) => ({ ...row, key: null }));
      let text = '';
      let accepted = 0;
      for (let row = 0; row < batch.rows; row += 1) {
        const line = repeatedName(options, batch, row) ?? lineOf(fields, batch, row);
        if (typeof line === 'string') {
          text += line;
          accepted += 1;
        } else {
          const key = keyOf(lineOf, fields, batch, row, options) ?? partKeyOf(line, fields, batch, row, options);
          refused.push({ ...refusedRow(options, batch, row, line), key });
        }
      }
      return { text, read: batch.rows + (batch.refused?.length ?? 0), accepted, refused };
    },
  };
}

/** The row as a COPY line, or its first refused field. */
type LineOf = (fields: readonly CheckedField[], batch: RowBatch, row: number) => string | RefusedField;

/** Parts of a composite entity are joined first. Other views do without. */
function lineReader({ layout }: RowCheckOptions, [entity]: readonly CheckedField[]): LineOf {
  if (layout.key.length === 1 || entity === undefined) return checkedLine;
  const keyOfParts = partsCheck(layout.key);
  return (fields, batch, row) => {
    const key = keyOfParts(batch, row);
    if (typeof key === 'string') return checkedLine(fields, batch, row, key);
    const { name, text, refusal } = key;
    return { field: { ...entity, name }, text, refusal };
  };
}

/** `key` is the first field, if it is known already. */
function checkedLine(
  fields: readonly CheckedField[],
  batch: RowBatch,
  row: number,
  key: string | null = null,
): string | RefusedField {
  let line = key ?? '';
  for (let at = key === null ? 0 : 1; at < fields.length; at += 1) {
    const field = fields[at];
    if (field === undefined) break; // at is below the length
    const text = batch.columns[field.index]?.[row] ?? null;
    const copied = text === null ? field.onNull : field.check(text);
    if (typeof copied !== 'string') return { field, text: copied === field.onNull ? null : text, refusal: copied };
    line += at === 0 ? copied : `\t${copied}`;
  }
  return `${line}\n`;
}

/** The feature that several rows of a pivot name; null if none is. */
function repeatedName({ layout: { repeated } }: RowCheckOptions, batch: RowBatch, row: number): RefusedField | null {
  const name = repeated === null ? null : (batch.columns[repeated.index]?.[row] ?? null);
  if (repeated === null || name === null) return null;
  return {
    field: { index: repeated.index, name, check: () => REPEATED, onNull: REPEATED },
    text: null,
    refusal: REPEATED,
  };
}

const REPEATED: Refusal = { reason: 'value_repeated', expected: 'one row' };

/** The key comes first in the line. Null if one of its fields is refused. */
function keyOf(
  lineOf: LineOf,
  fields: readonly CheckedField[],
  batch: RowBatch,
  row: number,
  { view }: RowCheckOptions,
): string | null {
  const line = lineOf(fields.slice(0, KEY_FIELDS), batch, row);
  if (typeof line === 'string') return line.slice(0, -1);
  const entity = view.complete === undefined ? null : lineOf(fields.slice(0, 1), batch, row);
  return typeof entity === 'string' ? `${entity.slice(0, -1)}\t${NULL_FIELD}` : null;
}

const KEY_FIELDS = 2;

/** The time of a part with an unreadable entity. A null names no entity. */
function partKeyOf(
  { refusal: { reason } }: RefusedField,
  fields: readonly CheckedField[],
  batch: RowBatch,
  row: number,
  { view }: RowCheckOptions,
): string | null {
  if (view.partsOf === undefined || !reason.startsWith('entity_id_') || reason === 'entity_id_null') return null;
  const time = checkedLine(fields.slice(1, KEY_FIELDS), batch, row);
  return typeof time === 'string' ? `${NULL_FIELD}\t${time.slice(0, -1)}` : null;
}

type RefusedField = { readonly field: CheckedField; readonly text: string | null; readonly refusal: Refusal };

function refusedRow({ view, layout }: RowCheckOptions, batch: RowBatch, row: number, bad: RefusedField): RefusedRow {
  // Programs do not send the last column of pushed rows, their place in the inbox. That of a pivot is not of its query.
  const hidden = view.kind === 'pushed' ? 'tie_break' : layout.repeated?.name;
  const columns = layout.columns.filter((one) => one.name !== hidden);
  const names = columns.map(({ name }) => name);
  return {
    reason: bad.refusal.reason,
    field: refusedField(bad.field.name),
    detail:
      bad.refusal === REPEATED
        ? `${refusedField(bad.field.name)} has more than one row with this entity_id and timestamp; expected one`
        : refusalDetail(view, bad.field.name, bad.text, bad.refusal.expected),
    row: refusedRecord(
      view,
      names,
      (index) => batch.columns[index]?.[row] ?? null,
      layout.key.map(({ name }) => name),
    ),
  };
}

function checkedFields(options: RowCheckOptions): CheckedField[] {
  const { timestamp, features, tieBreak } = options.layout;
  const fields: CheckedField[] = [
    entityField(options),
    { ...timestamp, check: timestampCheck(options), onNull: { reason: 'timestamp_null', expected: 'a time' } },
  ];
  const isLimited = options.view.kind === 'pushed';
  for (const { feature, column } of features) {
    const onNull = feature.nullable
      ? NULL_FIELD
      : ({ reason: 'value_null', expected: withArticle(feature.type) } as const);
    const check = valueCheck(feature, column.type, onNull);
    fields.push({ ...column, check: isLimited ? withinLimits(feature, check) : check, onNull });
  }
  if (tieBreak !== null) fields.push({ ...tieBreak, check: tieBreakCheck(tieBreak.type), onNull: NULL_FIELD });
  return fields;
}

/** The first field of a line. The parts of a composite entity are checked by `lineReader` instead. */
function entityField({ view, layout }: RowCheckOptions): CheckedField {
  const [column] = layout.key;
  if (column === undefined) throw new RangeError(`${view.name} has no key`);
  const check = isComposite(view) ? joinedCheck(column.type, keyColumns(view)) : entityIdCheck(column.type);
  return { ...column, check, onNull: { reason: 'entity_id_null', expected: 'an entity id' } };
}

/** The check for the values of a feature that come from a column of this type. */
function valueCheck({ type }: Feature, column: ColumnType, onNull: string | Refusal): FieldCheck {
  const { check, isNull } = entryOf(type);
  const checked = check(column, numbersOf(type));
  // Some sources distinguish a JSON null from an SQL null. To a feature both are null.
  return isNull === null ? checked : (text) => (isNull(text) ? onNull : checked(text));
}

/** Pushed values have no run-level rules, so each is held against `min` and `max` by itself. */
function withinLimits({ min, max }: Feature, check: FieldCheck): FieldCheck {
  if (min === null && max === null) return check;
  const expected = [...(min === null ? [] : [`at least ${min}`]), ...(max === null ? [] : [`at most ${max}`])].join(
    ' and ',
  );
  const outside: Refusal = { reason: 'value_out_of_limits', expected };
  return (text) => {
    const field = check(text);
    if (typeof field !== 'string' || field === NULL_FIELD) return field;
    const value = Number(field);
    return (min !== null && value < min) || (max !== null && value > max) ? outside : field;
  };
}
