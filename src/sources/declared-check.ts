// Checks a declared view at its real source: the names that it uses, the types that it aggregates, and the rows of its lookups.

import { Failure } from '../core/failure.ts';
import { joined, type Message, safe, text, value } from '../core/message.ts';
import type { Aggregate, Declared } from '../definition/declared/declared.ts';
import type { Filter } from '../definition/declared/filter.ts';
import { DIALECTS } from '../definition/declared/sql/dialects.ts';
import { repeatedKeySql } from '../definition/declared/sql/lookups.ts';
import type { FeatureView } from '../definition/view.ts';
import type { ColumnType } from '../feature-types/column-type.ts';
import type { Column } from '../rows/batch.ts';
import type { DeclaredAtSource, DeclaredFinding, DeclaredPlace } from './declared-finding.ts';
import { columnUses, inexactUse } from './declared-values.ts';
import { openReading } from './source.ts';

/**
 * The name that the source does not have, or the column of a type that cannot be aggregated or compared. Reads no rows. `failed` is the
 * failure of the whole query; a query that the source accepts has only known names, and a failure over files lists the columns.
 */
export async function shapeFinding(at: DeclaredAtSource, failed: Failure | null): Promise<DeclaredFinding | null> {
  const unknown = failed === null || at.declared.table === null ? null : await unknownName(at);
  if (unknown !== null) return unknown;
  return await typeFinding(at).catch((error: unknown) => {
    // The failure of the whole query is reported.
    if (failed !== null && error instanceof Failure) return null;
    throw error;
  });
}

/** The column of a type that cannot be aggregated or compared, of a query that the source accepts. Reads no rows. */
export async function typeFinding(at: DeclaredAtSource): Promise<DeclaredFinding | null> {
  const numeric = numericUses(at);
  const uses = columnUses(at.declared);
  const names = [...new Set([...numeric.flatMap(({ column }) => column ?? []), ...uses.map(({ column }) => column)])];
  const columns = await described(at, at.declared.table, names);
  const columnOf = (name: string) => columns[names.indexOf(name)];
  return notNumber(at, numeric, columnOf) ?? inexactUse(at, uses, columnOf);
}

type Named = DeclaredPlace & { readonly table: string | null; readonly column: string | null };

async function unknownName(at: DeclaredAtSource): Promise<DeclaredFinding | null> {
  for (const { table, column, ...place } of namesOf(at.declared)) {
    const failure = await described(at, table, column === null ? [] : [column]).then(() => null, failureOf);
    if (failure !== null) return { failure, place, ...(column === null && table !== null ? { table } : {}) };
  }
  return null;
}

/** Each table before its columns. */
function namesOf({ table, entityId, timestamp, where, aggregates }: Declared): Named[] {
  const from = (key: string, column: string | null): Named => ({ feature: null, key, table, column });
  const lookups = aggregates.filter(({ operator }) => operator === 'lookup');
  const others = aggregates.filter(({ operator }) => operator !== 'lookup');
  const names = [
    from('table', null),
    ...entityId.map((column) => from('entity_id', column)),
    from('timestamp', timestamp),
    ...columnsOf(where).map((column) => from('where', column)),
    ...others.flatMap(({ feature, column, where: filter }) => [
      ...(column === undefined ? [] : [{ feature, key: 'column', table, column }]),
      ...columnsOf(filter).map((filtered) => ({ feature, key: 'where', table, column: filtered })),
    ]),
    ...lookups.flatMap((lookup) => namesOfLookup(lookup, entityId)),
  ];
  const keys = names.map(({ table: of, column }) => JSON.stringify([of, column]));
  return names.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

function namesOfLookup({ feature, table = '', column = '', entityId }: Aggregate, usual: readonly string[]): Named[] {
  const key = entityId === undefined ? 'table' : 'entity_id';
  return [
    { feature, key: 'table', table, column: null },
    { feature, key: 'column', table, column },
    ...(entityId ?? usual).map((each) => ({ feature, key, table, column: each })),
  ];
}

function columnsOf(filter: Filter | undefined): string[] {
  if (filter === undefined) return [];
  if ('column' in filter) return [filter.column];
  return ('all' in filter ? filter.all : filter.any).flatMap(columnsOf);
}

const NUMERIC: readonly string[] = ['sum', 'avg', 'median', 'stddev', 'percentile'];
/** Casts and sums of these fail at the first row, or give a number without meaning. */
const NOT_NUMBERS: readonly ColumnType[] = ['text', 'json', 'array', 'timestamp', 'timestamptz', 'date'];

/** The aggregates that need a column with numbers. */
function numericUses({ declared, view }: DeclaredAtSource): Aggregate[] {
  const types = new Map(view.features.map(({ column, type }) => [column, type]));
  return declared.aggregates.filter(({ feature, operator }) => {
    return NUMERIC.includes(operator) || ((operator === 'min' || operator === 'max') && types.get(feature) === 'float');
  });
}

function notNumber(
  at: DeclaredAtSource,
  numeric: readonly Aggregate[],
  columnOf: (name: string) => Column | undefined,
): DeclaredFinding | null {
  for (const aggregate of numeric) {
    const column = columnOf(aggregate.column ?? '');
    if (column === undefined || !NOT_NUMBERS.includes(column.type)) continue;
    return { failure: notNumberFailure(at, aggregate, column), place: { feature: aggregate.feature, key: 'column' } };
  }
  return null;
}

function notNumberFailure({ view, declared }: DeclaredAtSource, { operator, column = '' }: Aggregate, found: Column) {
  const remedy: Message =
    declared.table === null && found.type === 'text'
      ? text`If the files are CSV or JSON, declare its type in the view, for example types: { ${safe(column)}: decimal }`
      : text`Choose a numeric column${safe(declared.table === null ? '' : ', or read from a database view that casts it')}`;
  return new Failure(
    'SOURCE_SHAPE',
    text`\`${safe(operator)}\` of ${safe(view.name)} needs numbers, but ${safe(column)} is ${safe(found.nativeType)}. ${remedy}.`,
    { view: view.name },
  );
}

/** The columns of a table; with none, whether there is such a table. */
async function described(at: DeclaredAtSource, table: string | null, columns: readonly string[]) {
  const { source, view, dialect, span, signal } = at;
  const { name } = DIALECTS[dialect];
  const selected = columns.map((column, index) => `t.${name(column)} as ${name(`millrace_${index}`)}`);
  const from = table === null ? name('files') : table.split('.').map(name).join('.');
  const query = `select ${columns.length === 0 ? `1 as ${name('millrace_0')}` : selected.join(', ')} from ${from} as t`;
  return await source.describe({ view: withQuery(view, query), span }, signal);
}

function withQuery({ declared: _, ...view }: FeatureView, query: string): FeatureView {
  return { ...view, query };
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** How long the source may look for rows with the same key. */
const LOOK_MS = 10_000;

/** A lookup table with more than one row for an entity, which would fail runs. Reads the keys of the table. */
export async function lookupFinding(at: DeclaredAtSource): Promise<DeclaredFinding | null> {
  const lookups = at.declared.aggregates.filter(({ operator }) => operator === 'lookup');
  const byKey = new Map(lookups.map((lookup) => [JSON.stringify([lookup.table, lookup.entityId]), lookup]));
  for (const lookup of byKey.values()) {
    const finding = await repeatedKey(at, lookup);
    if (finding !== null) return finding;
  }
  return null;
}

async function repeatedKey(at: DeclaredAtSource, lookup: Aggregate): Promise<DeclaredFinding | null> {
  const { view, declared, dialect, source, span, signal } = at;
  const { table = '', entityId = declared.entityId, feature } = lookup;
  const place = { feature, key: 'table' };
  const query = repeatedKeySql({ table, entityId }, DIALECTS[dialect]);
  const late = AbortSignal.timeout(LOOK_MS);
  try {
    await using reading = await openReading(
      source,
      { view: withQuery(view, query), span },
      AbortSignal.any([signal, late]),
    );
    for await (const { columns } of reading.rows()) {
      const key = entityId.map((name, index) => [name, columns[index]?.[0] ?? ''] as const);
      return { failure: repeatedFailure(view, table, key), place };
    }
    return null;
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    const sentence = text`The source could not determine within ${safe(LOOK_MS / 1_000)} s whether ${safe(table)} has more than one row for any entity. A run whose lookup finds two rows fails.`;
    return { failure: new Failure('SOURCE_UNAVAILABLE', sentence, { view: view.name }), place, isUnchecked: true };
  }
}

function repeatedFailure(view: FeatureView, table: string, key: readonly (readonly [string, string])[]): Failure {
  const names = key.map(([name]) => name).join(', ');
  const shown = key.map(([name, of]) => text`${safe(name)} ${value(of)}`);
  const example = view.redacted ? text`` : text`, for example for ${joined(shown, ', ')}`;
  return new Failure(
    'SOURCE_SHAPE',
    text`${safe(table)} has more than one row with the same ${safe(names)}${example}. A lookup needs one row per entity: remove the other rows, or look up a database view with one row per entity.`,
    { view: view.name },
  );
}
