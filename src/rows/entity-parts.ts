// The key of a row of a composite entity: its components, joined (core/entity-id.ts).

import { escapePart, splitParts } from '../core/entity-id.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import { escapeCopy } from '../feature-types/copy-text.ts';
import type { RowBatch } from './batch.ts';
import { BYTES_MAX, entityIdCheck, numberCheck, textProblem } from './entity-id.ts';
import type { PlacedColumn } from './layout.ts';
import type { FieldCheck, Refusal } from './refusal.ts';

/** Why the key of a row is refused: a column, its text, and the reason. */
export type RefusedKey = { readonly name: string; readonly text: string | null; readonly refusal: Refusal };

/** The COPY field of a row's key, or why it is refused. */
export type KeyCheck = (batch: RowBatch, row: number) => string | RefusedKey;

/** Such a row names no entity. */
const NULL_PARTS: Refusal = { reason: 'entity_id_null', expected: 'a component of an entity' };
/** The entity of such a row cannot be read. */
const NULL_PART: Refusal = { reason: 'entity_id_part_null', expected: 'a component of an entity' };
const TOO_LONG: Refusal = {
  reason: 'entity_id_too_long',
  expected: `components of at most ${BYTES_MAX} bytes together`,
};

/** The check of the component columns, in the order of the entity. */
export function partsCheck(parts: readonly PlacedColumn[]): KeyCheck {
  const checks = parts.map(({ type }) => partCheck(type));
  const nullPart = ({ columns }: RowBatch, row: number): Refusal =>
    parts.every(({ index }) => (columns[index]?.[row] ?? null) === null) ? NULL_PARTS : NULL_PART;
  return (batch, row) => {
    let key = '';
    for (let at = 0; at < parts.length; at += 1) {
      const column = parts[at];
      if (column === undefined) break; // at is below the length
      const { index, name } = column;
      const text = batch.columns[index]?.[row] ?? null;
      const part = text === null ? nullPart(batch, row) : (checks[at]?.(text) ?? '');
      if (typeof part !== 'string') return { name, text, refusal: part };
      key += at === 0 ? part : `|${part}`;
    }
    if (isTooLong(key)) return { name: 'entity_id', text: key, refusal: TOO_LONG };
    return escapeCopy(key);
  };
}

/** The check of an `entity_id` with components that the query has joined. */
export function joinedCheck(type: ColumnType, parts: readonly string[]): FieldCheck {
  const check = entityIdCheck(type);
  const wrong: Refusal = {
    reason: 'entity_id_wrong_parts',
    expected: `${parts.join(' and ')} joined by |, with a backslash before each | and backslash inside them`,
  };
  return (text) => {
    const field = check(text);
    return typeof field === 'string' && splitParts(text, parts.length) === null ? wrong : field;
  };
}

// Printable ASCII without the characters that an id escapes: nearly all components.
const SIMPLE = /^[\x20-\x5b\x5d-\x7b\x7d\x7e]*$/;

/** The check of a component that is stored without the others, such as that of a label: its COPY field. */
export function partFieldCheck(type: ColumnType): FieldCheck {
  return numberCheck(type) ?? ((text) => textProblem(text) ?? escapeCopy(text));
}

/** The check of one component, which returns it escaped. Unlike a plain id, a component may be empty. */
function partCheck(type: ColumnType): FieldCheck {
  const ofNumber = numberCheck(type);
  if (ofNumber !== null) return ofNumber;
  return (text) => (SIMPLE.test(text) ? text : (textProblem(text) ?? escapePart(text)));
}

function isTooLong(key: string): boolean {
  return key.length > BYTES_MAX || (key.length * 3 > BYTES_MAX && Buffer.byteLength(key) > BYTES_MAX);
}
