// Maps the columns of a query to those of a view, before any row is read (docs/architecture/definitions.md).

import { Failure } from '../core/failure.ts';
import { listWithin } from '../core/list-some.ts';
import { joined, type Message, safe, text } from '../core/message.ts';
import { isComposite, keyColumnSets, keyColumns } from '../definition/entity.ts';
import { REPEATED_COLUMN } from '../definition/pivot/pivot.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import { entryOf } from '../feature-types/index.ts';
import type { Column } from './batch.ts';
import { castHint } from './cast-hint.ts';
import { tieBreakSqlType, tieBreakTypes } from './tie-break.ts';

/** A column of the query and its index in a batch. */
export type PlacedColumn = Column & { readonly index: number };

export type RowLayout = {
  /** All columns, in the order of a batch. */
  readonly columns: readonly Column[];
  /** `entity_id`, or one column for each component of a composite entity, in their order. */
  readonly key: readonly PlacedColumn[];
  readonly timestamp: PlacedColumn;
  /** In the order of the view. */
  readonly features: readonly { readonly feature: Feature; readonly column: PlacedColumn }[];
  readonly tieBreak: PlacedColumn | null;
  /** Of a view with `pivot`: a feature that several rows of the entity and time name. Null for other views. */
  readonly repeated: PlacedColumn | null;
};

/** A column of a staging table. `sqlType` is a Postgres type, ready for `create table`. */
export type StagingColumn = { readonly name: string; readonly sqlType: string };

const TIMES: readonly ColumnType[] = ['timestamptz', 'timestamp', 'date', 'text'];
/** Rows of a pivot are grouped by their times, and as text one time has several spellings. */
const EXACT_TIMES = TIMES.filter((type) => type !== 'text');
const ENTITY_ID_TYPES: readonly ColumnType[] = ['text', 'int', 'decimal', 'float'];
const TEXT: readonly ColumnType[] = ['text'];
const PROBLEMS_SHOWN = 3;
/** Of each list of columns in a message. */
const LIST_CHARACTERS = 140;

/** Finds a view's columns among those of a source. @throws Failure SOURCE_SHAPE that lists all problems. */
export function requireColumns(view: FeatureView, columns: readonly Column[]): RowLayout {
  const keys = keyIn(view, columns);
  const wanted = wantedColumns(view, keys);
  const problems = [
    ...[...wanted].flatMap(([name, types]) => problemOf(view, name, types, columns)),
    ...columns.filter(({ name }) => !wanted.has(name)).map(({ name }) => text`${JSON.stringify(name)} is unexpected`),
  ];
  if (problems.length > 0) throw shapeFailure(view, keys, columns, problems);
  const placed = new Map(columns.map((column, index) => [column.name, { ...column, index }]));
  const at = (name: string): PlacedColumn => {
    const column = placed.get(name);
    if (column === undefined) throw new RangeError(`column ${name} was not required`);
    return column;
  };
  return {
    columns,
    key: keys.map(at),
    timestamp: at('timestamp'),
    features: view.features.map((feature) => ({ feature, column: at(feature.column) })),
    tieBreak: placed.get('tie_break') ?? null,
    repeated: view.pivot === undefined ? null : at(REPEATED_COLUMN),
  };
}

/** The key columns that the source has; those of the components if it has neither. */
function keyIn(view: FeatureView, columns: readonly Column[]): readonly string[] {
  const isThere = (name: string) => columns.some((column) => column.name === name);
  return keyColumnSets(view).find((set) => set.every(isThere)) ?? keyColumns(view);
}

function wantedColumns(view: FeatureView, keys: readonly string[]): Map<string, readonly ColumnType[]> {
  // Only a string can be several components.
  const types = isComposite(view) && keys.length === 1 ? TEXT : ENTITY_ID_TYPES;
  return new Map([
    ...keys.map((name) => [name, types] as const),
    ['timestamp', view.pivot === undefined ? TIMES : EXACT_TIMES],
    ...(view.pivot === undefined ? featureColumns(view) : pivotedColumns(view)),
  ]);
}

function featureColumns(view: FeatureView): [string, readonly ColumnType[]][] {
  return [
    ...view.features.map((feature): [string, readonly ColumnType[]] => [feature.column, entryOf(feature.type).columns]),
    ['tie_break', tieBreakTypes()],
  ];
}

/** The values of a pivot are text, regardless of their type in the query. */
function pivotedColumns(view: FeatureView): [string, readonly ColumnType[]][] {
  return [...view.features.map(({ column }) => column), REPEATED_COLUMN].map((name) => [name, TEXT]);
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
  if (found.length > 1) return [text`${safe(name)} appears ${safe(found.length)} times`];
  if (types.includes(column.type)) return [];
  const hint = castHint(column, types, view);
  return [text`${safe(name)} is ${safe(column.nativeType)}, expected ${safe(oneOf(types))}${safe(hint)}`];
}

function shapeFailure(
  view: FeatureView,
  keys: readonly string[],
  columns: readonly Column[],
  problems: readonly Message[],
): Failure {
  const names = columns.map(({ name, nativeType }) => `${JSON.stringify(name)} ${nativeType}`);
  const found = listWithin(names, LIST_CHARACTERS);
  const wanted = [...keys, 'timestamp', ...view.features.map(({ column }) => column)];
  const expected = listWithin(wanted, LIST_CHARACTERS);
  const rest = problems.length - PROBLEMS_SHOWN;
  const shown = joined(problems.slice(0, PROBLEMS_SHOWN), '; ');
  const more = rest > 0 ? `; and ${rest} more problems` : '';
  return new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(view.name)}: ${shown}${safe(more)}. Found the columns ${found === '' ? safe('(none)') : found}; expected ${safe(expected)}${safe(view.pivot === undefined ? ' and optionally tie_break' : '')}.`,
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
