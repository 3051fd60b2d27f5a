// Which column of a query is which column of a view, decided before any row is read (docs/architecture/definitions.md).

import { Failure } from '../core/failure.ts';
import { joined, type Message, safe, text } from '../core/message.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import { entryOf } from '../feature-types/index.ts';
import type { Column } from './batch.ts';
import { tieBreakSqlType, tieBreakTypes } from './tie-break.ts';

/** A column of the query: its place in a batch, and what it holds. */
export type PlacedColumn = Column & { readonly index: number };

export type RowLayout = {
  /** All columns, in the order of a batch. */
  readonly columns: readonly Column[];
  readonly entityId: PlacedColumn;
  readonly timestamp: PlacedColumn;
  /** In the order of the view. */
  readonly features: readonly { readonly feature: Feature; readonly column: PlacedColumn }[];
  readonly tieBreak: PlacedColumn | null;
};

/** A column of a staging table. `sqlType` is a Postgres type, ready for `create table`. */
export type StagingColumn = { readonly name: string; readonly sqlType: string };

const TIMES: readonly ColumnType[] = ['timestamptz', 'timestamp', 'date', 'text'];
const ENTITY_ID_TYPES: readonly ColumnType[] = ['text', 'int', 'decimal', 'float'];

/** Where a view's columns are among those a source yields. @throws Failure SOURCE_SHAPE, naming all that is wrong. */
export function requireColumns(view: FeatureView, columns: readonly Column[]): RowLayout {
  const wanted = wantedColumns(view);
  const problems = [
    ...[...wanted].flatMap(([name, types]) => problemOf(view, name, types, columns)),
    ...columns.filter(({ name }) => !wanted.has(name)).map(({ name }) => text`${JSON.stringify(name)} is not expected`),
  ];
  if (problems.length > 0) throw shapeFailure(view, columns, problems);
  const placed = new Map(columns.map((column, index) => [column.name, { ...column, index }]));
  const at = (name: string): PlacedColumn => {
    const column = placed.get(name);
    if (column === undefined) throw new RangeError(`column ${name} was not required`);
    return column;
  };
  return {
    columns,
    entityId: at('entity_id'),
    timestamp: at('timestamp'),
    features: view.features.map((feature) => ({ feature, column: at(feature.column) })),
    tieBreak: placed.get('tie_break') ?? null,
  };
}

function wantedColumns(view: FeatureView): Map<string, readonly ColumnType[]> {
  return new Map([
    ['entity_id', ENTITY_ID_TYPES],
    ['timestamp', TIMES],
    ...view.features.map((feature) => [feature.column, entryOf(feature.type).columns] as const),
    ['tie_break', tieBreakTypes()],
  ]);
}

function problemOf(
  view: FeatureView,
  name: string,
  types: readonly ColumnType[],
  columns: readonly Column[],
): Message[] {
  const found = columns.filter((column) => column.name === name);
  const [column] = found;
  if (column === undefined) return name === 'tie_break' ? [] : [text`${safe(name)} is missing`];
  if (found.length > 1) return [text`${safe(name)} occurs ${safe(found.length)} times`];
  if (types.includes(column.type)) return [];
  const hint = column.type === 'text' && view.files !== null ? ` (name it under types, or cast it in the query)` : '';
  return [text`${safe(name)} is ${safe(column.nativeType)} where ${safe(oneOf(types))} is expected${safe(hint)}`];
}

function shapeFailure(view: FeatureView, columns: readonly Column[], problems: readonly Message[]): Failure {
  const found = columns.map(({ name, nativeType }) => `${JSON.stringify(name)} ${nativeType}`).join(', ');
  const expected = ['entity_id', 'timestamp', ...view.features.map(({ column }) => column)].join(', ');
  return new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(view.name)}: ${joined(problems, '; ')}. Found the columns ${found === '' ? safe('(none)') : found}; expected are ${safe(expected)} and, if wanted, tie_break.`,
    { view: view.name },
  );
}

function oneOf(types: readonly string[]): string {
  return types.length === 1 ? `${types[0]}` : `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`;
}

/** The columns of a view's staging table, in the order of the lines that the row check writes. */
export function stagingColumns(view: FeatureView, layout: RowLayout): readonly StagingColumn[] {
  return [
    { name: 'entity_id', sqlType: 'text collate "C"' },
    { name: 'event_timestamp', sqlType: 'timestamptz' },
    ...view.features.map(({ name, type }) => ({ name, sqlType: entryOf(type).sqlType })),
    ...(layout.tieBreak === null ? [] : [{ name: 'tie_break', sqlType: tieBreakSqlType(layout.tieBreak.type) }]),
  ];
}
