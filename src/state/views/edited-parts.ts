// Edits of the components of a composite entity, which decide what an id is.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { entityText, isComposite } from '../../definition/entity.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import { partsSql } from '../../offline/parts-sql.ts';
import { offlineTable } from '../../offline/table.ts';
import type { Session } from '../../postgres/session.ts';

/** Whether ids of the same entities differ. The name of a plain entity is not part of an id. */
export function hasOtherParts(before: FeatureView, after: FeatureView): boolean {
  return before.entity !== after.entity && (isComposite(before) || isComposite(after));
}

/** For an edit that keeps stored rows. @throws Failure CHECK_FAILED if they have ids without the components of the new entity. */
export async function requireSameIds(session: Session, before: FeatureView, view: FeatureView): Promise<void> {
  const [part] = hasOtherParts(before, view) ? partsSql(view, 'entity_id') : [];
  if (part === undefined) return;
  const [found] = await session.query<{ rows: number }>(
    `select count(*) as rows from ${offlineTable(view)} where ${part.sql} is null`,
  );
  const rows = found?.rows ?? 0;
  if (rows === 0) return;
  const instead = safe(hasIntervals(view.kind) ? 'Apply the edit with --restate, or give' : 'Give');
  throw new Failure(
    'CHECK_FAILED',
    text`${safe(view.name)} cannot keep its stored rows: in ${safe(rows)} of them, entity_id does not have the components ${safe(entityText(view))}. ${instead} the view a new name.`,
    { view: view.name },
  );
}
