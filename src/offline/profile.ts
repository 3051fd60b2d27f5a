// What the staged rows of a run look like, read in one statement.

import type { Feature, FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Database, identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { TEXT_CHARACTERS_MAX } from '../quality/sample.ts';
import type { FeatureFacts, StagedFacts } from '../quality/summarize.ts';
import { type GivenRows, givenRows } from './given-rows.ts';
import { ofExisting } from './staging.ts';

/** A staging table, and the number of rows that it should have. */
export type Staged = { readonly table: string; readonly rows: number };

/** Enough for a distribution: with 10,000 rows, a share in the sample is off by about half a percentage point. */
const SAMPLED_ROWS_MAX = 10_000;
const SAMPLED_VALUES_MAX = 200_000;
/** Squares of larger numbers are beyond the range of floats. */
const MOMENT_MAX = '1e100';

type Row = {
  readonly rows: number;
  readonly facts: readonly (readonly [number, string | null, string | null, string | null, string | null])[];
  readonly samples: readonly (readonly (string | null)[] | null)[] | null;
};

/** Null if the table does not exist. */
export async function readStaged(
  database: Database,
  view: FeatureView,
  { table, rows }: Staged,
): Promise<StagedFacts | null> {
  const sampled = view.features.filter(isSampled);
  const found = await ofExisting(() =>
    database.query<Row>(
      `select count(*) as rows, array_to_json(array[${view.features.map(factsSql).join(', ')}]) as facts,
              ${sampleSql(sampled, { table, rows })} as samples
         from ${table}`,
    ),
  );
  if (found === null) return null;
  const [row = { rows: 0, facts: [], samples: null }] = found;
  const samples = new Map(sampled.map(({ name }, index) => [name, row.samples?.[index] ?? []]));
  return {
    rows: row.rows,
    sampled: row.samples?.[0]?.length ?? 0,
    features: view.features.map(({ name }, index) => featureFacts(row.facts[index], samples.get(name) ?? null)),
  };
}

/** The rows of each unit that has some, by its start in epoch ms. */
export async function countByUnit(database: Database, table: string, unitMs: number): Promise<[number, number][]> {
  const rows = await database.query<{ start: number; rows: number }>(
    `select (extract(epoch from start) * 1000)::bigint as start, rows from (
       select date_bin(${unitMs} * interval '1 ms', event_timestamp, 'epoch') as start, count(*) as rows
         from ${table} group by 1) as units order by start`,
  );
  return rows.map(({ start, rows: count }) => [start, count]);
}

function isSampled({ type }: Feature): boolean {
  return entryOf(type).profiledAs !== 'none';
}

function featureFacts(facts: Row['facts'][number] | undefined, sample: FeatureFacts['sample']): FeatureFacts {
  const [nulls = 0, min = null, max = null, mean = null, deviation = null] = facts ?? [];
  return { nulls, min, max, mean: numberOf(mean), deviation: numberOf(deviation), sample };
}

function numberOf(text: string | null): number | null {
  return text === null || !Number.isFinite(Number(text)) ? null : Number(text);
}

/** A call has at most 100 arguments, but an array has any number of elements. */
function factsSql({ name: feature, type }: Feature): string {
  const name = identifier(feature);
  const { extremes, profiledAs } = entryOf(type);
  const ends = extremes === 'none' ? ['null', 'null'] : [`min(${name})::text`, `max(${name})::text`];
  const moments = profiledAs === 'number' ? momentsSql(name, entryOf(type).sqlType) : ['null', 'null'];
  return `json_build_array(count(*) - count(${name}), ${[...ends, ...moments].join(', ')})`;
}

function momentsSql(name: string, sqlType: string): string[] {
  const small = sqlType === 'bigint' ? '' : ` filter (where ${name} between -${MOMENT_MAX} and ${MOMENT_MAX})`;
  return [`(avg(${name})${small})::text`, `(stddev_pop(${name})${small})::text`];
}

/** A list of values for each sampled feature. The same rows are drawn whenever the statement is repeated. */
function sampleSql(features: readonly Feature[], { table, rows }: Staged): string {
  if (features.length === 0) return 'null::json';
  const wanted = sampledRowsMax(features.length);
  const drawn = rows <= wanted ? '' : ` tablesample bernoulli (${((wanted / rows) * 100).toFixed(6)}) repeatable (1)`;
  return `(select ${listsSql(features)} from ${table}${drawn})`;
}

/** How many rows are sampled, for a number of sampled features. */
function sampledRowsMax(features: number): number {
  return Math.min(SAMPLED_ROWS_MAX, Math.ceil(SAMPLED_VALUES_MAX / features));
}

function listsSql(features: readonly Feature[]): string {
  const lists = features.map(({ name, type }) => {
    const text = `${identifier(name)}::text`;
    return `json_agg(${entryOf(type).profiledAs === 'text' ? `left(${text}, ${TEXT_CHARACTERS_MAX})` : text})`;
  });
  return `array_to_json(array[${lists.join(', ')}])`;
}

/** The values of some given rows, as many as a run samples: all of them, or evenly spaced ones. */
export async function sampleGiven(
  session: Session,
  view: FeatureView,
  { columns, rows }: GivenRows,
): Promise<StagedFacts> {
  const sampled = view.features.filter(isSampled);
  const wanted = sampled.length === 0 ? 0 : Math.min(rows.length, sampledRowsMax(sampled.length));
  const drawn = Array.from({ length: wanted }, (_, index) => rows[Math.floor((index * rows.length) / wanted)] ?? []);
  const { sql, values } = givenRows({ columns, rows: drawn });
  const [row] =
    wanted === 0
      ? []
      : await session.query<Pick<Row, 'samples'>>(`select ${listsSql(sampled)} as samples from ${sql}`, values);
  const samples = new Map(sampled.map(({ name }, index) => [name, row?.samples?.[index] ?? []]));
  const features = view.features.map(({ name }) => featureFacts(undefined, samples.get(name) ?? null));
  return { rows: rows.length, sampled: wanted, features };
}
