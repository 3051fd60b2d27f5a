// What an edit of the interval of a complete view may mean for its stored snapshots.

import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import type { EditMeaning } from '../state/views/edit.ts';
import { appliedViews } from '../state/views/views.ts';

/**
 * The newest snapshot has the rows of one interval. With a longer interval it would have those of several stored snapshots,
 * and so entities that were gone would count again.
 *
 * @throws Failure ARGUMENT_INVALID for another meaning than restate
 */
export async function requireIntervalMeaning(
  database: Database,
  { view }: { readonly view: FeatureView },
  meaning: EditMeaning,
): Promise<void> {
  if (view.complete === undefined || meaning === 'restate') return;
  const applied = (await appliedViews(database)).find((one) => one.view.name === view.name);
  if (applied === undefined || applied.isEmpty || applied.view.unitMs === view.unitMs) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(view.name)} is a complete view, and this edit changes its interval, so its stored snapshots must be read again: run "${command(`millrace apply ${view.name} --restate`)}". To keep them, give the edited view a new name.`,
    { view: view.name },
  );
}
