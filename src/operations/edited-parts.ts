// What an edit of an incremental view may mean for its partial aggregates.

import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import { partsView } from '../definition/declared/parts.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import type { EditMeaning } from '../state/views/edit.ts';
import { fingerprinted } from '../state/views/fingerprinted.ts';
import { appliedViews, viewChange } from '../state/views/views.ts';

/**
 * Values of the next intervals are combined from stored parts. So parts that an edit makes wrong are read again with any
 * meaning, and then the values that are stored of them change, too.
 *
 * @throws Failure ARGUMENT_INVALID for another meaning than restate of an edit that changes the parts
 */
export async function requirePartsMeaning(
  database: Database,
  { view }: { readonly view: FeatureView },
  meaning: EditMeaning,
): Promise<void> {
  const parts = view.partsOf === undefined ? partsView(view) : view;
  if (parts === null || meaning === 'restate') return;
  const applied = (await appliedViews(database)).find((one) => one.view.name === parts.name);
  if (applied === undefined || viewChange(applied, fingerprinted(parts)) !== 'edited') return;
  const stored = new Set(applied.view.features.map(({ name }) => name));
  if (meaning === 'equivalent' && parts.features.every(({ name }) => stored.has(name))) return;
  const name = view.partsOf ?? view.name;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(name)} is incremental, and this edit changes its stored partial aggregates, so they must be read again: run "${command(`millrace apply ${name} --restate`)}". To keep the stored values, give the edited view a new name.`,
    { view: name },
  );
}
