// The joins of some labels of a part as tables, and what was found. Lookups of several views are one statement: a row of its
// table has all of them, which takes a fifth less time than a table for each.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { Session } from '../postgres/session.ts';
import type { Building } from './building.ts';
import { anyUnfitSql, unfitDecimal } from './decimals.ts';
import { fileTypeOf } from './file-type.ts';
import { joinSql } from './join.ts';
import { entityOf, type LabelRange, type PlannedJoin, rowConditions } from './join-ways.ts';
import { TIMESTAMP } from './labels/label-columns.ts';
import { placeOf } from './labels/staged-labels.ts';

/** How many labels have a row of a view, and how many may have one in a hole. */
export type JoinFacts = { readonly found: number; readonly inHoles: number };

export type JoinedTables = {
  /** One row per label: `label_id`, and of each of its views `v0_time`, `v0_f0`, `v0_f1`, … by the view's place in the set. */
  readonly tables: readonly string[];
  /** By the view's place. */
  readonly facts: readonly JoinFacts[];
};

/** A row must fit in a page of 8 KiB, regardless of the types of its columns. */
const COLUMNS_MAX = 200;
/** The time of a row, and whether it is early or in a hole. */
const OTHER_COLUMNS = 3;

/** Joins all views in the transaction of the session. @throws Failure CHECK_FAILED for a decimal that does not fit. */
export async function joinTables(
  building: Building,
  range: LabelRange & { readonly tables: string },
  session: Session,
  planned: readonly PlannedJoin[],
): Promise<JoinedTables> {
  const conditionOf = rowConditions(session, building.labels, range);
  const facts: JoinFacts[] = [];
  const tables: string[] = [];
  for (const joins of groupsOf(planned)) {
    const table = `${building.prefix}_${range.tables}_${tables.length}`;
    const [first] = joins;
    const sql =
      first?.way === 'merge'
        ? mergedSql(building, range, first, await conditionOf(first.view))
        : lookedUpSql(building, range, joins);
    // Values are moved out of a row only if it does not fit in a page.
    await session.run(`create unlogged table ${table} with (toast_tuple_target = 8160) as ${sql}`);
    for (const { index, ...found } of await checked(session, building.dataset.format, table, joins))
      facts[index] = found;
    tables.push(table);
  }
  // For the plan of the join of the tables.
  if (tables.length > 1) for (const table of tables) await session.run(`analyze ${table} (label_id)`);
  return { tables, facts };
}

/** Pure: lookups together, as many as one table can hold, and each merge on its own. */
function groupsOf(planned: readonly PlannedJoin[]): PlannedJoin[][] {
  const groups: PlannedJoin[][] = planned.filter(({ way }) => way === 'merge').map((one) => [one]);
  let columns = Number.POSITIVE_INFINITY;
  for (const join of planned.filter(({ way }) => way === 'lookup')) {
    const more = join.view.features.length + OTHER_COLUMNS;
    columns += more;
    if (columns <= COLUMNS_MAX) groups.at(-1)?.push(join);
    else {
      groups.push([join]);
      columns = more;
    }
  }
  return groups;
}

function mergedSql({ labels }: Building, { from, to }: LabelRange, join: PlannedJoin, condition: string): string {
  const { index, view, holes } = join;
  const own = `select label_id, ${entityOf(view, labels)} as entity, ${placeOf(labels.columns, TIMESTAMP)} as at
                 from ${labels.table} where label_id >= ${from} and label_id < ${to}`;
  const merged = joinSql({ ...sought(join), labels: own, holes, way: 'merge', range: condition });
  return `select label_id, ${columnsSql(join)} from (${merged}) v${index}`;
}

function lookedUpSql({ labels }: Building, { from, to }: LabelRange, joins: readonly PlannedJoin[]): string {
  const entities = joins.map(({ index, view }) => `${entityOf(view, labels)} as entity${index}`);
  const lookups = joins.map((join) => {
    const own = `select p.label_id, p.entity${join.index} as entity, p.at`;
    return `cross join lateral (${joinSql({ ...sought(join), labels: own, holes: join.holes, way: 'lookup' })}) v${join.index}`;
  });
  return `select p.label_id, ${joins.map(columnsSql).join(', ')}
            from (select label_id, ${entities.join(', ')}, ${placeOf(labels.columns, TIMESTAMP)} as at
                    from ${labels.table} where label_id >= ${from} and label_id < ${to}) p ${lookups.join(' ')}`;
}

function sought({ view: { known, features } }: PlannedJoin) {
  return { known, features: features.map(({ name }) => name) };
}

function columnsSql({ index, view: { features } }: PlannedJoin): string {
  const of = (column: string, name = column) => `v${index}.${column} as v${index}_${name}`;
  const values = features.map((_, place) => of(`f${place}`));
  return [of('event_timestamp', 'time'), of('is_early'), of('in_hole'), ...values].join(', ');
}

type Row = JoinFacts & { readonly early: number; readonly unfit: readonly boolean[] };

/** @throws Failure CHECK_FAILED for a decimal that does not fit, or BUG. */
async function checked(session: Session, format: string, table: string, joins: readonly PlannedJoin[]) {
  const wanted = joins.map(({ index, view: { features } }) => {
    const isDecimal = features.map(({ type }) => format === 'parquet' && fileTypeOf(type) === 'decimal');
    const unfit = isDecimal.map((is, place) => (is ? anyUnfitSql(`v${index}_f${place}`) : 'false'));
    return `json_build_object('found', count(v${index}_time), 'inHoles', count(*) filter (where v${index}_in_hole),
                              'early', count(*) filter (where v${index}_is_early), 'unfit', array[${unfit.join(', ')}]::boolean[])`;
  });
  const [row] = await session.query<{ facts: Row[] }>(
    `select json_build_array(${wanted.join(', ')}) as facts from ${table}`,
  );
  return joins.map((join, place) => {
    const facts = row?.facts[place];
    if (facts === undefined) throw new Error('an aggregate has no row');
    requireNoneEarly(join, facts.early);
    requireFitting(join, facts.unfit);
    return { index: join.index, found: facts.found, inHoles: facts.inHoles };
  });
}

function requireFitting({ view: { known, features } }: PlannedJoin, unfit: readonly boolean[]): void {
  const bad = features[unfit.indexOf(true)];
  if (bad === undefined) return;
  const { name: view } = known.view;
  const holder = text`${safe(bad.name)} of ${safe(view)}`;
  throw unfitDecimal(holder, text`the query of the view`, { view, feature: bad.name });
}

/** @throws Failure BUG where a join has found a row that serving could not have known: it never does. */
function requireNoneEarly({ view: { known } }: PlannedJoin, early: number): void {
  if (early === 0) return;
  const { name: view } = known.view;
  throw new Failure(
    'BUG',
    text`${safe(early)} rows of ${safe(view)} were joined with labels that predate them. Nothing was written.`,
    { view },
  );
}
