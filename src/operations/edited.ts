// Checks that a definition is an edit that may change stored rows.

import { Failure } from '../core/failure.ts';
import { type EpochMs, formatInstant } from '../core/instant.ts';
import { command, safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { viewOverviews } from '../state/queries/view-overview.ts';
import { withParts } from '../state/views/fingerprinted.ts';
import {
  type AppliedView,
  appliedViews,
  type FingerprintedView,
  type ViewChange,
  viewChange,
} from '../state/views/views.ts';

/** @throws Failure ARGUMENT_INVALID if neither the view nor its parts were edited, or nothing is stored since `from`. */
export async function requireEdited(
  database: Database,
  definition: FingerprintedView,
  from: EpochMs | null,
): Promise<void> {
  const { name } = definition.view;
  const applied = await appliedViews(database);
  if (isEditedIn(applied, definition)) return requireStored(database, name, from);
  const advice = isUnchangedIn(applied, definition)
    ? text`to read stored rows again, run "${command(`millrace restate ${name}`)}".`
    : text`to deploy its other changes, run "${command(`millrace apply ${name}`)}" without an option.`;
  throw new Failure('ARGUMENT_INVALID', text`${safe(name)} has no edits that may change stored rows; ${advice}`, {
    view: name,
  });
}

/** Whether a deployed view, or its parts, wait for the meaning of an edit. */
export function isEditedIn(applied: readonly AppliedView[], definition: FingerprintedView): boolean {
  return changesIn(applied, definition).includes('edited');
}

function isUnchangedIn(applied: readonly AppliedView[], definition: FingerprintedView): boolean {
  return changesIn(applied, definition).every((change) => change === 'unchanged');
}

function changesIn(applied: readonly AppliedView[], definition: FingerprintedView): ViewChange[] {
  const deployed = new Map(applied.map((one) => [one.view.name, one]));
  return withParts([definition]).map((one) => viewChange(deployed.get(one.view.name), one));
}

async function requireStored(database: Database, name: string, from: EpochMs | null): Promise<void> {
  if (from === null) return;
  const [overview] = await viewOverviews(database, [name]);
  const end = overview?.covered.end ?? null;
  if (end !== null && from < end) return;
  const stored = end === null ? 'it has no stored rows' : `its stored rows end at ${dayOf(end)}`;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(name)} has nothing to read again from ${safe(dayOf(from))} onward, because ${safe(stored)}: use an earlier time, or omit --from.`,
    { view: name },
  );
}

/** As the user types it: a date if the time is midnight. */
function dayOf(instant: EpochMs): string {
  return formatInstant(instant).replace('T00:00:00Z', '');
}
