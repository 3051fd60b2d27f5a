// The checks of a view that look at single rows, as SQL over a staging table.
//
// A condition is the text of its author. The definition was refused unless Postgres' parser read it as one expression of
// allowed operators and functions (src/definition/query/row-condition.ts), so it cannot end the parentheses around it.

import { Failure, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { Check, RowCondition } from '../definition/check.ts';
import type { FeatureView } from '../definition/view.ts';
import { type Database, identifier } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import type { Session } from '../postgres/session.ts';
import { EXAMPLES_MAX, type ExampleRow } from '../quality/outcome.ts';
import { checkName } from '../quality/sentence.ts';
import { type GivenRows, givenRows, type RowSource } from './given-rows.ts';
import { partsSql } from './parts-sql.ts';

/** True for the rows that fail the check, as SQL over `rowsSql`. The pattern of `matches` is the parameter `$n`. */
export function brokenSql(check: RowCondition, parameter: string): string {
  // The end of the line ends a comment of the author.
  if (check.kind === 'row') return `(not (${check.expression}\n))`;
  return `(${identifier(check.feature)} !~ ${parameter})`;
}

export function parameterOf(check: CheckOfRows): string[] {
  return check.kind === 'matches' ? [check.pattern] : [];
}

/** The rows with the names that conditions use, and the column by which a row is found again. */
export function rowsSql(view: FeatureView, from: string, key: 'ctid' | '"millrace place"'): string {
  const features = view.features.map(({ name }) => identifier(name)).join(', ');
  const parts = partsSql(view, 'entity_id').map(({ column, sql }) => `${sql} as ${identifier(column)}, `);
  return `(select ${key} as "millrace key", entity_id, ${parts.join('')}event_timestamp as "timestamp", ${features} from ${from}) as r`;
}

export type CountedCheck = Extract<Check, { readonly kind: 'row' | 'matches' | 'unique' | 'entities' }>;

/**
 * How many staged rows fail the check, or are duplicates; of `entities`, how many there are.
 *
 * @throws Failure CHECK_FAILED if Postgres cannot evaluate the condition.
 */
export async function countOf(
  database: Database | Session,
  view: FeatureView,
  check: CountedCheck,
  table: string,
): Promise<number> {
  if (check.kind === 'unique') return repeated(database, view, check, { sql: table, values: [] });
  const counted =
    check.kind === 'entities'
      ? { sql: `select count(distinct entity_id) as n from ${table}`, values: [] }
      : {
          sql: `select count(*) as n from ${rowsSql(view, table, 'ctid')} where ${brokenSql(check, '$1')}`,
          values: parameterOf(check),
        };
  const [row] = await evaluated(view, check, () => database.query<{ n: number }>(counted.sql, counted.values));
  return row?.n ?? 0;
}

/** How many rows have the values of another one. Whole groups are counted: a feature may have a type without an order. */
export async function repeated(
  database: Database | Session,
  view: FeatureView,
  check: Unique,
  rows: RowSource,
): Promise<number> {
  const { complete, texts } = comparedSql(check);
  const sql = `select coalesce(sum(n - 1), 0)::bigint as n from (
                 select count(*) as n from ${rows.sql} where ${complete} group by ${texts}) as groups`;
  const [row] = await evaluated(view, check, () => database.query<{ n: number }>(sql, rows.values));
  return row?.n ?? 0;
}

type Unique = Extract<Check, { readonly kind: 'unique' }>;

/** The values that are compared, as SQL: whether there are all of them, and their strings. */
function comparedSql({ features }: Unique): { readonly complete: string; readonly texts: string } {
  const names = features.map(identifier);
  const complete = names.map((name) => `${name} is not null`).join(' and ');
  return { complete, texts: names.map((name) => `${name}::text`).join(', ') };
}

/** True for the rows with one of the repeated values, always the same one: examples that repeat each other. */
function repeatedSql(check: Unique, from: string): string {
  const { complete, texts } = comparedSql(check);
  return `(${texts}) in (select ${texts} from ${from} where ${complete} group by ${texts} having count(*) > 1 order by ${texts} limit 1)`;
}

/** The places, from 0, of the first given rows, by entity and time, that repeat each other. */
export async function repeatedPlaces(
  session: Session,
  view: FeatureView,
  check: Unique,
  given: GivenRows,
): Promise<number[]> {
  const { sql, values } = givenRows(given);
  const found = await evaluated(view, check, () =>
    session.query<{ place: number }>(
      `select "millrace place" as place from ${sql} where ${repeatedSql(check, sql)}
        order by entity_id, event_timestamp limit ${EXAMPLES_MAX}`,
      values,
    ),
  );
  return found.map(({ place }) => place);
}

/**
 * The places, from 0, of the given rows that fail the check.
 *
 * @throws Failure CHECK_FAILED if Postgres cannot evaluate the condition.
 */
export async function brokenPlaces(
  session: Session,
  view: FeatureView,
  check: RowCondition,
  given: GivenRows,
): Promise<number[]> {
  const { sql, values } = givenRows(given);
  const broken = brokenSql(check, `$${values.length + 1}`);
  const found = await evaluated(view, check, () =>
    session.query<{ place: number }>(
      `select "millrace key" as place from ${rowsSql(view, sql, '"millrace place"')} where ${broken}`,
      [...values, ...parameterOf(check)],
    ),
  );
  return found.map(({ place }) => place);
}

const EXAMPLE_CHARACTERS = 60;

/** The checks of rows, whose outcomes have examples. */
export type CheckOfRows = RowCondition | Unique;

/** The condition for the examples in a staging table, over `rowsSql`. */
function exampleSql(check: CheckOfRows, table: string): string {
  return check.kind === 'unique' ? repeatedSql(check, table) : brokenSql(check, '$1');
}

/**
 * The first rows, by entity and time, that fail a check. Given rows are all assumed to fail it.
 *
 * @throws Failure CHECK_FAILED if Postgres cannot evaluate the condition.
 */
export async function brokenExamples(
  database: Database | Session,
  view: FeatureView,
  check: CheckOfRows,
  rows: { readonly table: string } | { readonly given: GivenRows },
): Promise<ExampleRow[]> {
  const [from, where] =
    'table' in rows
      ? [{ sql: rowsSql(view, rows.table, 'ctid'), values: parameterOf(check) }, exampleSql(check, rows.table)]
      : [{ ...givenRows(rows.given), sql: rowsSql(view, givenRows(rows.given).sql, '"millrace place"') }, 'true'];
  const values = featuresIn(view, check).map(
    (name) => `(${literal(name)}, left(${identifier(name)}::text, ${EXAMPLE_CHARACTERS}))`,
  );
  const object =
    values.length === 0
      ? `'{}'::json`
      : `(select json_object_agg(name, value) from (values ${values.join(', ')}) as f (name, value))`;
  return await evaluated(view, check, () =>
    database.query<ExampleRow>(
      `select entity_id as "entityId", to_char("timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as timestamp, ${object} as values
         from ${from.sql} where ${where} order by entity_id, "timestamp" limit ${EXAMPLES_MAX}`,
      from.values,
    ),
  );
}

/** The features that a check names. A name in a string is one too many, which does no harm. */
function featuresIn({ features }: FeatureView, check: CheckOfRows): readonly string[] {
  if (check.kind === 'unique') return check.features;
  if (check.kind === 'matches') return [check.feature];
  const words = new Set(check.expression.toLowerCase().match(/[a-z_][a-z0-9_]*/g) ?? []);
  return features.map(({ name }) => name).filter((name) => words.has(name));
}

/** Where refused rows go, and how many of them keep their details. */
export type Refusing = { readonly staging: string; readonly refused: string; readonly detailed: number };

/**
 * Moves the staged rows that break a condition to the table of refused rows, and returns their number.
 *
 * @throws Failure CHECK_FAILED if Postgres cannot evaluate the condition.
 */
export async function refuseBroken(
  session: Session,
  view: FeatureView,
  check: RowCondition,
  refusing: Refusing,
): Promise<number> {
  const places = `select "millrace key" from ${rowsSql(view, refusing.staging, 'ctid')} where ${brokenSql(check, '$3')}`;
  const moved = { detail: detailOf(check), places, values: parameterOf(check) };
  return evaluated(view, check, () => moveRows(session, view, refusing, moved));
}

/** A query for the places of rows, its values from `$3`, and why these rows are refused. */
export type MovedRows = { readonly detail: string; readonly places: string; readonly values: readonly unknown[] };

/** Moves staged rows to the table of refused rows, and returns their number. */
export async function moveRows(
  session: Session,
  view: FeatureView,
  { staging, refused, detailed }: Refusing,
  { detail, places, values }: MovedRows,
): Promise<number> {
  return session.run(
    `with broken as (delete from ${staging} where ctid in (${places}) returning *),
     numbered as (select row_number() over () as place, b.* from broken b)
     insert into ${refused} (reason, detail, row, entity_id, event_timestamp)
     select case when place <= $2 then 'check_failed' end, case when place <= $2 then $1 end,
            case when place <= $2 then ${rowJson(view)} end, entity_id, event_timestamp from numbered`,
    [detail, detailed, ...values],
  );
}

const DETAIL_CHARACTERS = 300;

/** Why a condition refuses a row. */
export function detailOf(check: RowCondition): string {
  return shortDetail(
    check.kind === 'row'
      ? `the row fails the check ${JSON.stringify(check.expression)}`
      : `${check.feature} does not match ${JSON.stringify(check.pattern)}`,
  );
}

/** Why a condition refuses a row for which it has no result. */
export function unevaluableDetail(check: RowCondition): string {
  return shortDetail(
    `Postgres cannot evaluate the check ${JSON.stringify(check.kind === 'row' ? check.expression : check.pattern)} for the row`,
  );
}

function shortDetail(detail: string): string {
  return detail.length > DETAIL_CHARACTERS ? `${detail.slice(0, DETAIL_CHARACTERS)}…` : detail;
}

/** The refused row as quarantine stores it: its features as text, cut, and without values if the view is redacted. */
function rowJson(view: FeatureView): string {
  const { features, redacted } = view;
  const parts = partsSql(view, 'entity_id').map(({ column, sql }) => `${literal(column)}, ${sql}`);
  const key = parts.length === 0 ? `'entity_id', entity_id` : parts.join(', ');
  const shown = redacted ? `case when value is null then null else '[redacted]' end` : 'left(value, 500)';
  const columns = features.map(({ name }) => `(${literal(name)}, ${identifier(name)}::text)`).join(', ');
  return `(select jsonb_build_object(${key}, 'timestamp', event_timestamp) || jsonb_object_agg(name, ${shown})
             from (values ${columns}) as f (name, value))`;
}

/** Names of features are lower-case letters, digits and underscores. */
function literal(name: string): string {
  return `'${name}'`;
}

/** A condition can fail for single rows, such as a division by zero, or for its types, which only Postgres knows. */
async function evaluated<T>(view: FeatureView, check: Check, query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (!/^(22|42)/.test(codeOf(error)) || codeOf(error) === '42P01') throw error;
    const why = view.redacted ? safe(`SQLSTATE ${codeOf(error)}`) : wordsOf(error);
    throw new Failure(
      'CHECK_FAILED',
      text`Postgres cannot evaluate the check \`${checkName(check)}\` of ${safe(view.name)} (${why}): change the check.`,
      { view: view.name, sqlstate: codeOf(error) },
      view.redacted ? undefined : error,
    );
  }
}
