// The options of `apply` that say what an edit means.

import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import type { Database } from '../../postgres/database.ts';
import { shortInstant } from '../../presentation/format.ts';
import { viewOverviews } from '../../state/queries/view-overview.ts';
import type { EditMeaning } from '../../state/views/edit.ts';
import { appliedViews, type FingerprintedView, viewChange } from '../../state/views/views.ts';
import type { OpenProject } from '../open.ts';

export type MeaningOptions = {
  readonly restate?: boolean;
  readonly forwardOnly?: boolean;
  readonly equivalent?: boolean;
  readonly from?: EpochMs;
};

/** The meaning that was chosen; null where none was. @throws Failure ARGUMENT_INVALID */
export function meaningOf(view: string | undefined, options: MeaningOptions): EditMeaning | null {
  const chosen: EditMeaning[] = [];
  if (options.restate === true) chosen.push('restate');
  if (options.forwardOnly === true) chosen.push('forward-only');
  if (options.equivalent === true) chosen.push('equivalent');
  const [meaning] = chosen;
  if (options.from !== undefined && meaning !== 'forward-only') {
    throw new Failure(
      'ARGUMENT_INVALID',
      '--from belongs to --forward-only: it says from when on rows follow the edit.',
    );
  }
  if (meaning === undefined) return null;
  if (chosen.length > 1) {
    throw new Failure(
      'ARGUMENT_INVALID',
      `Choose one of --restate, --forward-only and --equivalent, not ${chosen.length}.`,
    );
  }
  if (view === undefined) {
    throw new Failure('ARGUMENT_INVALID', `Name the edited view: millrace apply VIEW --${meaning}.`);
  }
  return meaning;
}

/** @throws Failure ARGUMENT_INVALID where no edit of the view waits for a meaning, or nothing is stored from `from` on. */
export async function requireEdited(
  { app }: OpenProject,
  definition: FingerprintedView,
  from?: EpochMs,
): Promise<void> {
  const { name } = definition.view;
  const applied = (await appliedViews(app.database)).find(({ view }) => view.name === name);
  if (viewChange(applied, definition) === 'edited') return requireStored(app.database, name, from);
  throw new Failure(
    'ARGUMENT_INVALID',
    `Nothing that decides the rows of ${name} was edited since it was applied; to read stored rows again run "millrace restate ${name}".`,
  );
}

async function requireStored(database: Database, name: string, from?: EpochMs): Promise<void> {
  if (from === undefined) return;
  const [overview] = await viewOverviews(database, [name]);
  const end = overview?.covered.end ?? null;
  if (end !== null && from < end) return;
  const stored = end === null ? 'nothing is stored' : `what is stored ends at ${shortInstant(end)}`;
  throw new Failure(
    'ARGUMENT_INVALID',
    `Nothing of ${name} would be read again from ${shortInstant(from)} on, as ${stored}: name an earlier time, or leave out --from.`,
    { view: name },
  );
}
