// Changes the column types of features whose type has changed.

import type { FeatureView } from '../../definition/view.ts';
import { entryOf } from '../../feature-types/index.ts';
import { converted, retypedFeatures, retypedSql } from '../../offline/retyped.ts';
import { offlineTable } from '../../offline/table.ts';
import { identifier } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';

type Applied = { readonly view: Pick<FeatureView, 'redacted'> };

/**
 * Converts stored columns to the types of the definition. @throws Failure CHECK_FAILED if a stored value does not fit.
 */
export async function retypeFeatures(session: Session, applied: Applied, view: FeatureView): Promise<void> {
  const shown = view.redacted || applied.view.redacted ? 'no values' : 'values';
  for (const retyped of await retypedFeatures(session, view)) {
    const { name, type } = retyped.feature;
    const column = `alter column ${identifier(name)} type ${entryOf(type).sqlType} using ${retypedSql(retyped.feature)}`;
    await converted(view, retyped, shown, () => session.run(`alter table ${offlineTable(view)} ${column}`));
  }
}
