// Changes the column types of features whose type has changed.

import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import { entryOf } from '../../feature-types/index.ts';
import { offlineColumns, offlineTable } from '../../offline/table.ts';
import { identifier } from '../../postgres/database.ts';
import { codeOf } from '../../postgres/failure.ts';
import type { Session } from '../../postgres/session.ts';

type Applied = { readonly view: Pick<FeatureView, 'redacted'> };

/**
 * Converts stored columns to the types of the definition. @throws Failure CHECK_FAILED if a stored value does not fit.
 */
export async function retypeFeatures(session: Session, applied: Applied, view: FeatureView): Promise<void> {
  // From the table and not from the deployed definition: a feature may return that existed before, with another type.
  const stored = await offlineColumns(session, view);
  for (const feature of view.features) {
    const before = stored.get(feature.name);
    const { sqlType: type } = entryOf(feature.type);
    if (before === undefined || (await namedType(session, type)) === before) continue;
    const column = identifier(feature.name);
    try {
      await session.run(
        `alter table ${offlineTable(view)} alter column ${column} type ${type} using ${column}::text::${type}`,
      );
    } catch (error) {
      const isShown = !view.redacted && !applied.view.redacted;
      const why = isShown ? wordsOf(error) : safe(`SQLSTATE ${codeOf(error)}`);
      throw new Failure(
        'CHECK_FAILED',
        text`Feature ${safe(feature.name)} of ${safe(view.name)} cannot become ${safe(feature.type)}: stored ${safe(before)} values do not fit (${why}). Give the feature a new name instead.`,
        { view: view.name },
        isShown ? error : undefined,
      );
    }
  }
}

/** `timestamptz` as `timestamp with time zone`: the spelling of format_type. */
async function namedType(session: Session, type: string): Promise<string | undefined> {
  const [row] = await session.query<{ name: string }>('select format_type(to_regtype($1), null) as name', [
    type.replace(/ collate .*/, ''),
  ]);
  return row?.name;
}
