// Pushed rows for which Postgres cannot evaluate a condition: they are refused, and the other rows are stored.

import { Failure } from '../core/failure.ts';
import type { RowCondition } from '../definition/check.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Session } from '../postgres/session.ts';
import { brokenSql, moveRows, parameterOf, type Refusing, rowsSql, unevaluableDetail } from './conditions.ts';

/** Whether a failure to evaluate a condition is about the values of rows. A condition with wrong types fails for all rows. */
export function isAboutValues(error: unknown): boolean {
  if (!(error instanceof Failure) || error.code !== 'CHECK_FAILED') return false;
  const sqlstate = String(error.facts['sqlstate'] ?? '');
  return sqlstate.startsWith('22') && sqlstate !== INVALID_PATTERN;
}

const INVALID_PATTERN = '2201B';

/** `canEvaluate` is the name of the function that tries a query on some rows: see src/state/quality/can-evaluate.ts. */
export type RefusingUnevaluable = Refusing & { readonly canEvaluate: string };

/** Moves the staged rows for which Postgres cannot evaluate a condition to the refused ones, and returns their number. */
export async function refuseUnevaluable(
  session: Session,
  view: FeatureView,
  check: RowCondition,
  refusing: RefusingUnevaluable,
): Promise<number> {
  const [pattern = null] = parameterOf(check);
  return moveRows(session, view, refusing, {
    detail: unevaluableDetail(check),
    places: placesSql(refusing),
    values: [evaluation(view, check, refusing.staging), pattern],
  });
}

/** The query that is tried: its first two parameters are the places, the third is the pattern. */
function evaluation(view: FeatureView, check: RowCondition, staging: string): string {
  // The offset keeps the condition away from rows at other places.
  const some = `${staging} where ctid between $1 and $2 offset 0`;
  return `select count(*) from ${rowsSql(view, some, 'ctid')} where ${brokenSql(check, '$3')}`;
}

/** The places of the rows, found page by page, because most pages have none. `$3` is the query, `$4` the pattern. */
function placesSql({ staging, canEvaluate }: RefusingUnevaluable): string {
  const [first, last] = [`format('(%s,0)', page)::tid`, `format('(%s,65535)', page)::tid`];
  const pages = `pg_relation_size('${staging}') / current_setting('block_size')::int`;
  return `
    select one.place
      from (select page from generate_series(0, ${pages}) page
             where not ${canEvaluate}($3, ${first}, ${last}, $4)) pages
     cross join lateral (select ctid as place from ${staging} where ctid between ${first} and ${last} offset 0) one
     where not ${canEvaluate}($3, one.place, one.place, $4)`;
}
