// Labels as lines of COPY: each has an entity and a time within the span of the set, or the build ends with a sentence about it.

import { Failure } from '../../core/failure.ts';
import { formatInterval, type Interval } from '../../core/interval.ts';
import { type Message, safe, text, value } from '../../core/message.ts';
import { ENTITY_ID, partColumn, partNames } from '../../definition/entity.ts';
import { escapeCopy } from '../../feature-types/copy-text.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { entityIdCheck } from '../../rows/entity-id.ts';
import { joinedCheck, partFieldCheck } from '../../rows/entity-parts.ts';
import type { FieldCheck } from '../../rows/refusal.ts';
import { timestampCheck } from '../../rows/timestamp.ts';
import type { LabelColumn } from './label-columns.ts';

const NULL_FIELD = '\\N';
const SHOWN_CHARACTERS = 64;

type Field = { readonly column: LabelColumn; readonly check: FieldCheck };

/** Turns the batches of one reading into lines, in the order of the columns. */
export function labelLines(
  dataset: string,
  columns: readonly LabelColumn[],
  span: Interval,
): (batch: RowBatch) => string {
  const fields = columns.map((column): Field => ({ column, check: checkOf(column, span) }));
  let before = 0;
  return (batch) => {
    const [refused] = batch.refused ?? [];
    if (refused !== undefined) throw badLabel(dataset, before + 1, text`${refused.detail}`);
    let lines = '';
    for (let row = 0; row < batch.rows; row += 1) {
      fields.forEach(({ column, check }, index) => {
        const given = batch.columns[index]?.[row] ?? null;
        const field = given === null && column.role === 'value' ? NULL_FIELD : given === null ? null : check(given);
        if (typeof field !== 'string') {
          throw badLabel(
            dataset,
            before + row + 1,
            problemOf(column, given, field?.reason, field?.expected, span, entityOf(columns, batch, row)),
          );
        }
        lines += index === 0 ? field : `\t${field}`;
      });
      lines += '\n';
    }
    before += batch.rows;
    return lines;
  };
}

function checkOf({ role, type, joined }: LabelColumn, span: Interval): FieldCheck {
  // An id without the components would never have a row.
  if (role === 'entity' && joined !== undefined) return joinedCheck(type, partNames({ entity: joined }));
  if (role === 'entity') return entityIdCheck(type);
  if (role === 'part') return partFieldCheck(type);
  if (role === 'timestamp') {
    return timestampCheck({ range: { ...span, bounds: '[)' }, latestAllowedMicros: Number.POSITIVE_INFINITY });
  }
  return escapeCopy;
}

function entityOf(columns: readonly LabelColumn[], batch: RowBatch, row: number): string | null {
  const index = columns.findIndex(({ name }) => name === ENTITY_ID);
  return batch.columns[index]?.[row] ?? null;
}

function problemOf(
  { name, role, joined }: LabelColumn,
  given: string | null,
  reason: string | undefined,
  expected: string | undefined,
  span: Interval,
  entity: string | null,
): Message {
  if (given === null)
    return text`its ${safe(name)} is null; expected ${safe(role === 'timestamp' ? 'a time' : role === 'part' ? 'a component of an entity' : 'an entity id')}`;
  const shown = value(JSON.stringify(given.slice(0, SHOWN_CHARACTERS)));
  if (joined !== undefined && reason === 'entity_id_wrong_parts') {
    const columns = partNames({ entity: joined }).map(partColumn).join(' and ');
    return text`its ${safe(name)} is ${shown}; expected ${safe(expected ?? '')}, because a view has this entity: return the columns ${safe(columns)}, or list the columns of its components under \`entity_id\` of the view`;
  }
  const of =
    entity === null || role === 'entity' || role === 'part'
      ? safe('')
      : text` (entity_id ${value(JSON.stringify(entity.slice(0, SHOWN_CHARACTERS)))})`;
  if (reason !== 'timestamp_outside_span')
    return text`its ${safe(name)} is ${shown}${of}; expected ${safe(expected ?? 'a value')}`;
  return text`its timestamp ${shown}${of} is outside the span of the set, ${safe(formatInterval(span))}; exclude the label, or change start and end`;
}

function badLabel(dataset: string, number: number, problem: Message): Failure {
  return new Failure('CHECK_FAILED', text`Label ${safe(number)} of ${safe(dataset)} cannot be used: ${problem}.`, {
    dataset,
    label: number,
  });
}
