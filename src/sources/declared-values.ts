// Columns of a declared view whose values a database does not compare exactly, or never finds equal to a literal. Nothing
// fails in a run: the rows would be counted wrong.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { Aggregate, Declared } from '../definition/declared/declared.ts';
import { type Condition, conditionsIn, EQUATING, type Literal } from '../definition/declared/filter.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import type { Column } from '../rows/batch.ts';
import type { DeclaredAtSource, DeclaredFinding, DeclaredPlace } from './declared-finding.ts';

/** What a column is used for: an equal value, a sum, or a literal that it is compared with. */
export type ColumnUse = {
  readonly place: DeclaredPlace;
  readonly column: string;
  readonly use: 'equal' | 'sum' | { readonly is: Condition['is']; readonly literal: Literal };
};

/** The first use of a column whose values would be counted wrong; null if there is none. */
export function inexactUse(
  { view, dialect }: Pick<DeclaredAtSource, 'view' | 'dialect'>,
  uses: readonly ColumnUse[],
  columnOf: (name: string) => Column | undefined,
): DeclaredFinding | null {
  for (const use of uses) {
    const column = columnOf(use.column);
    const finding = column === undefined ? null : valueFinding(view.name, use, column, dialect);
    if (finding !== null) return finding;
  }
  return null;
}

/** The uses of the columns of the aggregated table that depend on their types. */
export function columnUses({ entityId, where, aggregates }: Declared): ColumnUse[] {
  const from = (key: string): DeclaredPlace => ({ feature: null, key });
  return [
    ...entityId.map((column) => ({ place: from('entity_id'), column, use: 'equal' }) as const),
    ...conditionsIn(where).flatMap((condition) => usesOf(condition, from('where'))),
    ...aggregates.flatMap(usesOfAggregate),
  ];
}

function usesOfAggregate({ feature, operator, column, where }: Aggregate): ColumnUse[] {
  const used = column === undefined ? [] : usesOfColumn(operator, column, { feature, key: 'column' });
  return [...used, ...conditionsIn(where).flatMap((condition) => usesOf(condition, { feature, key: 'where' }))];
}

function usesOfColumn(operator: Aggregate['operator'], column: string, place: DeclaredPlace): ColumnUse[] {
  if (operator === 'count_distinct') return [{ place, column, use: 'equal' }];
  return operator === 'sum' ? [{ place, column, use: 'sum' }] : [];
}

function usesOf({ column, is, values }: Condition, place: DeclaredPlace): ColumnUse[] {
  return is === 'is_null' || is === 'like' ? [] : values.map((literal) => ({ place, column, use: { is, literal } }));
}

/** The problem of a use of a column with this type; null if there is none. */
function valueFinding(
  view: string,
  { place, column, use }: ColumnUse,
  found: Column,
  dialect: SqlDialect,
): DeclaredFinding | null {
  const problem =
    typeof use === 'object'
      ? (literalProblem(use.is, use.literal, found) ?? textProblem(use, found, dialect))
      : use === 'sum'
        ? sumProblem(found)
        : inexactProblem(found, dialect);
  if (problem === null) return null;
  const what = text`View ${safe(view)}: ${safe(column)} is ${safe(found.nativeType)}, ${safe(problem)}.`;
  return { failure: new Failure('SOURCE_SHAPE', what, { view }), place };
}

const NUMBERS: readonly ColumnType[] = ['int', 'float', 'decimal'];
const TIMES: readonly ColumnType[] = ['timestamp', 'timestamptz'];

function literalProblem(is: Condition['is'], literal: Literal, { type }: Column): string | null {
  if (type === 'text' && 'number' in literal) return 'which is compared with a number; write the value in quotes';
  if (type === 'text' && 'bool' in literal) return 'which is compared with true or false; write the value in quotes';
  if (!EQUATING.includes(is) || !('text' in literal)) return null;
  if (NUMBERS.includes(type)) return 'which is compared with a string; write the number without quotes';
  if (type === 'bool') return 'which is compared with a string; write true or false without quotes';
  if (TIMES.includes(type)) return 'which is compared with a string; compare times with `gte`, `lt` or `between`';
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(literal.text);
  return type === 'date' && !isDate ? 'which is compared with a string; write a date such as 2026-09-01' : null;
}

/** Of a literal that may equal values of the column: whether other values are equal to it, too. */
function textProblem({ is, literal }: { is: Condition['is']; literal: Literal }, found: Column, dialect: SqlDialect) {
  return EQUATING.includes(is) && 'text' in literal ? inexactProblem(found, dialect) : null;
}

function inexactProblem({ nativeType }: Column, dialect: SqlDialect): string | null {
  if (dialect === 'postgres' && /\bcitext$/.test(nativeType)) {
    return 'which ignores case, but values must be compared exactly; read from a database view that casts it to text';
  }
  if (dialect === 'mysql' && nativeType === 'float') {
    return 'which has more digits than its text; read from a database view that casts it to double';
  }
  if (dialect === 'mysql' && nativeType === 'a binary string') {
    return 'which is not text; read from a database view that converts it, such as hex(column)';
  }
  return null;
}

function sumProblem({ nativeType }: Column): string | null {
  const isTooWide = /^(?:Nullable\()?UInt256\)?$/.test(nativeType);
  return isTooWide ? 'which a sum cannot hold exactly; read from a database view that casts it to Int256' : null;
}
