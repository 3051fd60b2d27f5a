// Whether a definition is an edit that waits for its meaning.

import { Failure } from '../core/failure.ts';
import { type EpochMs, formatInstant } from '../core/instant.ts';
import { command, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { viewOverviews } from '../state/queries/view-overview.ts';
import { appliedViews, type FingerprintedView, viewChange } from '../state/views/views.ts';

/** @throws Failure ARGUMENT_INVALID where no edit of the view waits for a meaning, or nothing is stored from `from` on. */
export async function requireEdited(
  database: Database,
  definition: FingerprintedView,
  from: EpochMs | null,
): Promise<void> {
  const { name } = definition.view;
  const applied = (await appliedViews(database)).find(({ view }) => view.name === name);
  if (viewChange(applied, definition) === 'edited') return requireStored(database, name, from);
  throw new Failure(
    'ARGUMENT_INVALID',
    text`Nothing that decides the rows of ${safe(name)} was edited since it was applied; to read stored rows again run "${command(`millrace restate ${name}`)}".`,
    { view: name },
  );
}

async function requireStored(database: Database, name: string, from: EpochMs | null): Promise<void> {
  if (from === null) return;
  const [overview] = await viewOverviews(database, [name]);
  const end = overview?.covered.end ?? null;
  if (end !== null && from < end) return;
  const stored = end === null ? 'nothing is stored' : `what is stored ends at ${dayOf(end)}`;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`Nothing of ${safe(name)} would be read again from ${safe(dayOf(from))} on, as ${safe(stored)}: name an earlier time, or leave out --from.`,
    { view: name },
  );
}

/** Without its time where that is midnight, as it is typed. */
function dayOf(instant: EpochMs): string {
  return formatInstant(instant).replace('T00:00:00Z', '');
}
