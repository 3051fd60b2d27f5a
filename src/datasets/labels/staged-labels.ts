// Labels in Postgres: staged as they are read, then sorted and numbered, which makes parts of them and of the join's work.

import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import type { Dataset, Partition } from '../../definition/dataset.ts';
import { isComposite, keyColumns } from '../../definition/entity.ts';
import type { FeatureView } from '../../definition/view.ts';
import { partsSql } from '../../offline/parts-sql.ts';
import { createStaging, fillStaging } from '../../offline/staging.ts';
import { offlineTable } from '../../offline/table.ts';
import { type Database, literal } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { Source } from '../../sources/source.ts';
import { newestCommits } from '../../state/datasets/view-facts.ts';
import { unfitDecimal, unfitSql } from '../decimals.ts';
import { boundSql, isKnownSql, type KnownView } from '../known.ts';
import { entitiesView, type SetView } from '../set-views.ts';
import { type LabelColumn, labelColumns, TIMESTAMP } from './label-columns.ts';
import { firstColumnWhere } from './label-conditions.ts';
import { entitiesOf, keyOfView } from './label-key.ts';
import { requireFinite } from './label-numbers.ts';
import { labelLines } from './label-rows.ts';
import { requireKnownTimes } from './label-times.ts';
import { labelView, openLabels, spanOf } from './read-labels.ts';
import { splitSql } from './split.ts';

/** Labels that are staged: the table has `label_id`, `folder`, `split` and a column `c0`, `c1`, … for each of the columns. */
export type StagedLabels = {
  readonly table: string;
  readonly rows: number;
  readonly columns: readonly LabelColumn[];
  /** The newest change of the view that the labels come from, if they come from one: those after it may change labels. */
  readonly commit: number | null;
};

export type Staging = {
  readonly database: Database;
  readonly dataset: Dataset;
  readonly views: readonly SetView[];
  readonly entities: SetView | null;
  /** `staging.dataset_7`: the beginning of the names of the build's tables. */
  readonly prefix: string;
  sourceOf(name: string): Source;
  readonly signal: AbortSignal;
};

/** `staging.dataset_7`. */
export function stagingPrefix(build: number): string {
  return `staging.dataset_${Number(build)}`;
}

/** Reads, checks, sorts and numbers the labels of a training set. @throws Failure as Source does, or CHECK_FAILED. */
export async function stageLabels(staging: Staging): Promise<StagedLabels> {
  const { database, prefix, dataset, entities, signal } = staging;
  const raw = `${prefix}_raw`;
  const table = `${prefix}_labels`;
  return database.session(async (session) => {
    await dropLabels(session, prefix);
    const id = entities?.applied.id;
    const commit = id === undefined ? null : ((await newestCommits(session, [id])).get(id) ?? null);
    const columns = await fillRaw(staging, session, raw);
    await session.run(`set work_mem = '64MB'; set jit = off`);
    const rows = await session.run(numberedSql(dataset, { raw, table, columns }));
    await session.run(`drop table ${raw}; reset work_mem; reset jit`);
    await requireDistinct(session, dataset, table, columns);
    await requireKnownTimes(session, dataset, table, columns);
    if (dataset.format === 'parquet') await requireFitting(session, dataset, table, columns);
    if (dataset.format === 'json') await requireFinite(session, dataset, table, columns);
    // The table is in the order of its numbers: a part is found by a few pages of a small index.
    await session.run(`create index on ${table} using brin (label_id) with (pages_per_range = 16); analyze ${table}`);
    return { table, rows, columns, commit };
  }, signal);
}

export async function dropLabels(session: Session, prefix: string): Promise<void> {
  await session.run(`drop table if exists ${prefix}_raw`);
  await session.run(`drop table if exists ${prefix}_labels`);
}

async function fillRaw(staging: Staging, session: Session, raw: string): Promise<LabelColumn[]> {
  const { dataset, views, sourceOf, signal } = staging;
  const { labels } = dataset;
  if (labels.kind === 'steps') return fillSteps(staging, session, raw);
  await using reading = await openLabels(dataset, labels, sourceOf(labels.source), signal);
  const columns = labelColumns(dataset, views, reading.columns);
  await createStaging(
    session,
    raw,
    columns.map(({ sqlType }, index) => ({ name: `c${index}`, sqlType })),
  );
  const linesOf = labelLines(dataset.name, columns, spanOf(dataset));
  const lines = async function* () {
    for await (const batch of reading.rows()) yield linesOf(batch);
  };
  await fillStaging(session, { table: raw, view: labelView(dataset, labels) }, lines(), signal);
  return columns;
}

const KEY_COLUMN = { type: 'text', sqlType: 'text collate "C"', fileType: 'varchar' } as const;
const STEP_COLUMN = {
  name: TIMESTAMP,
  role: 'timestamp',
  type: 'timestamptz',
  sqlType: 'timestamptz',
  fileType: 'timestamptz',
} as const satisfies LabelColumn;

/** @throws Failure DEFINITION_INVALID for a view whose entity is in another column. */
export function stepColumns({ name }: Dataset, { view }: KnownView, views: readonly SetView[]): LabelColumn[] {
  const role = isComposite(view) ? 'part' : 'entity';
  const keys = keyColumns(view);
  for (const one of views) {
    // Not as where labels have only `entity_id`: here it is known to be another entity.
    const missing = keyOfView(one, []).find((column) => !keys.includes(column));
    if (missing !== undefined) throw missingKey(name, { view, keys, one: one.as, missing });
  }
  return [...keys.map((column) => ({ ...KEY_COLUMN, name: column, role }) as const), STEP_COLUMN];
}

type MissingKey = {
  readonly view: FeatureView;
  readonly keys: readonly string[];
  readonly one: string;
  readonly missing: string;
};

function missingKey(name: string, { view, keys, one, missing }: MissingKey): Failure {
  return new Failure(
    'DEFINITION_INVALID',
    text`The labels of ${safe(name)} are generated from ${safe(view.name)}, so their entity is in ${safe(keys.join(', '))}, but ${safe(one)} needs the column ${safe(missing)}: set \`entity_id\` of ${safe(one)} to a column of the labels, or remove it from \`views\`.`,
    { dataset: name, view: one },
  );
}

async function fillSteps({ dataset, database, views }: Staging, session: Session, raw: string): Promise<LabelColumn[]> {
  const known = await stepsView(database, dataset);
  const columns = stepColumns(dataset, known, views);
  await createStaging(
    session,
    raw,
    columns.map(({ sqlType }, index) => ({ name: `c${index}`, sqlType })),
  );
  await session.run(
    `insert into ${raw} select ${stepKeysSql(known).join(', ')}, step from (${stepsSql(dataset, known)}) steps`,
  );
  return columns;
}

/** SQL: the key columns of a step. */
export function stepKeysSql({ view }: KnownView): string[] {
  return isComposite(view) ? partsSql(view, 'entity_id').map(({ sql }) => sql) : ['entity_id'];
}

/** The view that the labels are steps of. @throws Failure NOT_FOUND */
export async function stepsView(database: Database, dataset: Dataset): Promise<KnownView> {
  const view = await entitiesView(database, dataset);
  if (view === null) throw new Error('the labels are not steps');
  return view.known;
}

/**
 * SQL that yields `entity_id` and `step`: one label per entity and step, from the first step on at which a row of the entity
 * is known. So no label depends on the future.
 */
export function stepsSql({ labels, start, end }: Dataset, known: KnownView): string {
  if (labels.kind !== 'steps') throw new Error('the labels are not steps');
  const first = `timestamptz ${literal(new Date(start).toISOString())}`;
  const last = `timestamptz ${literal(new Date(end).toISOString())} - interval '1 microsecond'`;
  return `select entity.entity_id, step
    from generate_series(${first}, ${last}, interval '${labels.everyMs} milliseconds') step
    join (select entity_id, min(event_timestamp) as since from ${offlineTable(known.view)} group by entity_id) entity
      on ${isKnownSql(known, 'entity.since', boundSql(known, 'step'))}`;
}

type Numbering = { readonly raw: string; readonly table: string; readonly columns: readonly LabelColumn[] };

/** Sorted by folder, entity and time: what is near in the set is near in the primary keys of the views. */
function numberedSql(dataset: Dataset, { raw, table, columns }: Numbering): string {
  const at = placeOf(columns, TIMESTAMP);
  const entities = entitiesOf(columns);
  const [first = at, ...others] = entities;
  const key = [first, at, ...others];
  const folder = folderSql(dataset.partition, at);
  const columnsSql = columns.map((_, index) => `c${index}`).join(', ');
  const isRepeated = key.map((column) => `${column} = lag(${column}) over sorted`).join(' and ');
  return `create unlogged table ${table} with (autovacuum_enabled = false) as
    select row_number() over sorted - 1 as label_id, ${folder} as folder, ${splitSql(dataset.split, columns, at)} as split,
           coalesce(${isRepeated}, false) as is_repeated, ${columnsSql}
      from ${raw} window sorted as (order by ${folder} collate "C", ${key.join(', ')}) order by label_id`;
}

/** The place of a column of the labels in the staged table: `c2`. */
export function placeOf(columns: readonly LabelColumn[], name: string): string {
  return `c${columns.findIndex((column) => column.name === name)}`;
}

const FOLDERS: Readonly<Record<Partition, string>> = { day: 'YYYY-MM-DD', month: 'YYYY-MM', year: 'YYYY' };

function folderSql(partition: Partition | null, at: string): string {
  if (partition === null) return `''::text`;
  return `('${partition}=' || to_char(${at} at time zone 'UTC', '${FOLDERS[partition]}'))`;
}

async function requireDistinct(
  session: Session,
  { name }: Dataset,
  table: string,
  columns: readonly LabelColumn[],
): Promise<void> {
  const [first = '', ...others] = entitiesOf(columns);
  const key = [first, placeOf(columns, TIMESTAMP), ...others];
  const shown = key.map((column) => `${column}::text`).join(', ');
  const [repeated] = await session.query<{ key: string[] }>(
    `select to_json(array[${shown}]) as key from ${table} where is_repeated order by label_id limit 1`,
  );
  if (repeated === undefined) return;
  const names = key.map((column) => columns[Number(column.slice(1))]?.name ?? '');
  const found = repeated.key.map((part, index) => `${names[index]} ${JSON.stringify(part)}`).join(', ');
  throw new Failure(
    'CHECK_FAILED',
    text`The labels of ${safe(name)} contain ${value(found)} twice: return one label per ${safe(names.join(', '))}.`,
    { dataset: name },
  );
}

/** @throws Failure CHECK_FAILED for a decimal that Parquet would round, as a build refuses those of features. */
async function requireFitting(
  session: Session,
  { name }: Dataset,
  table: string,
  columns: readonly LabelColumn[],
): Promise<void> {
  const unfit = columns.flatMap(({ name: column, fileType }, index) =>
    fileType === 'decimal' ? [{ column, sql: unfitSql(`c${index}`) }] : [],
  );
  const bad = await firstColumnWhere(session, table, unfit);
  if (bad === null) return;
  const holder = text`The column ${safe(bad)} of the labels of ${safe(name)}`;
  throw unfitDecimal(holder, text`the query of the labels`, { dataset: name });
}
