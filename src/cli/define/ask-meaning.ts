// The question about an edited view. It is withdrawn if the edit is deployed elsewhere in the meantime.

import { isEditedIn } from '../../operations/edited.ts';
import type { EditMeaning } from '../../state/views/edit.ts';
import { appliedViews, type FingerprintedView } from '../../state/views/views.ts';
import type { Cli } from '../command.ts';
import type { OpenProject } from '../open.ts';

const MEANINGS = ['restate', 'forward-only', 'equivalent', 'later'] as const satisfies (EditMeaning | 'later')[];
const POLL_MS = 1_000;

/** The chosen meaning of the edit; `elsewhere` if it was deployed elsewhere, or the signal is aborted. */
export async function askMeaning(
  { terminal }: Pick<Cli, 'terminal'>,
  { app }: OpenProject,
  definition: FingerprintedView,
  signal: AbortSignal,
): Promise<(typeof MEANINGS)[number] | 'elsewhere'> {
  const { name } = definition.view;
  terminal.line(`${name} was edited in a way that may change its rows, so it does not run until you decide what`);
  terminal.line('happens to its stored rows. All other views keep running.');
  terminal.line(
    '  restate: read all of them again · forward-only: keep them · equivalent: the edit changes none · later: ask again',
  );
  const obsolete = new AbortController();
  const until = AbortSignal.any([signal, obsolete.signal]);
  const looking = untilSettled(app, definition, until).then(() => obsolete.abort());
  try {
    return await terminal.choose(`What should happen to the stored rows of ${name}?`, MEANINGS, until);
  } catch {
    // The answer is no longer needed, or the input has ended.
    return until.aborted ? 'elsewhere' : 'later';
  } finally {
    obsolete.abort();
    await looking;
  }
}

/** Resolves when the edit is deployed, or when the signal is aborted. */
async function untilSettled(
  { database, clock }: OpenProject['app'],
  definition: FingerprintedView,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(POLL_MS, signal);
    if (signal.aborted) return;
    // If Postgres is briefly unavailable, keep asking; the scheduler reports it.
    const views = await appliedViews(database).catch(() => null);
    if (views !== null && !isEditedIn(views, definition)) return;
  }
}
