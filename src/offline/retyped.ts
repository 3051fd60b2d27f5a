// Features that the offline table stores with another type than their definition.

import { Failure, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { identifier } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import type { Session } from '../postgres/session.ts';
import { offlineColumns } from './table.ts';

export type Retyped = {
  readonly feature: Feature;
  /** The stored type, as Postgres names it. */
  readonly before: string;
};

/** From the table and not from the deployed definition: a feature may return that existed before, with another type. */
export async function retypedFeatures(session: Session, view: FeatureView): Promise<Retyped[]> {
  const stored = await offlineColumns(session, view);
  const names = await typeNames(
    session,
    view.features.map(({ type }) => entryOf(type).sqlType),
  );
  return view.features.flatMap((feature, index) => {
    const before = stored.get(feature.name);
    return before === undefined || before === names[index] ? [] : [{ feature, before }];
  });
}

/** `timestamptz` as `timestamp with time zone`: the spelling of format_type. */
async function typeNames(session: Session, sqlTypes: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select format_type(to_regtype(split_part(type, ' collate ', 1)), null) as name
       from unnest($1::text[]) with ordinality as given (type, place) order by place`,
    [sqlTypes],
  );
  return rows.map(({ name }) => name);
}

/** SQL: a stored value as a value of the definition's type, as a deployment converts it. */
export function retypedSql({ name, type }: Feature): string {
  return `${identifier(name)}::text::${entryOf(type).sqlType}`;
}

/** Runs a conversion. @throws Failure CHECK_FAILED if a stored value does not fit. */
export async function converted<T>(
  view: FeatureView,
  { feature, before }: Retyped,
  shown: 'values' | 'no values',
  convert: () => Promise<T>,
): Promise<T> {
  try {
    return await convert();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const isShown = shown === 'values';
    const why = isShown ? wordsOf(error) : safe(`SQLSTATE ${codeOf(error)}`);
    throw new Failure(
      'CHECK_FAILED',
      text`Feature ${safe(feature.name)} of ${safe(view.name)} cannot be changed to ${safe(feature.type)}: stored ${safe(before)} values do not fit (${why}). Give the feature a new name instead.`,
      { view: view.name },
      isShown ? error : undefined,
    );
  }
}
