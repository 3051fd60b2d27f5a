// The question of `millrace dev` about an edited view. It is dropped as soon as nobody needs the answer any more.

import type { EditMeaning } from '../../state/views/edit.ts';
import { appliedViews, type FingerprintedView, viewChange } from '../../state/views/views.ts';
import type { Cli } from '../command.ts';
import type { OpenProject } from '../open.ts';

const MEANINGS = ['restate', 'forward-only', 'equivalent', 'later'] as const satisfies (EditMeaning | 'later')[];
const LOOK_EVERY_MS = 1_000;

/** What the edit means; `elsewhere` when `apply` was told so meanwhile, or when the signal is aborted. */
export async function askMeaning(
  { terminal }: Pick<Cli, 'terminal'>,
  { app }: OpenProject,
  definition: FingerprintedView,
  signal: AbortSignal,
): Promise<(typeof MEANINGS)[number] | 'elsewhere'> {
  const { name } = definition.view;
  terminal.line(`${name} was edited in a way that may change its rows, and is not run until you say what that means;`);
  terminal.line('all other views go on. What is stored of it:');
  terminal.line(
    '  restate: read all of it again · forward-only: keep it · equivalent: no row changes · later: stop the view',
  );
  const needless = new AbortController();
  const until = AbortSignal.any([signal, needless.signal]);
  const looking = untilSettled(app, definition, until).then(() => needless.abort());
  try {
    return await terminal.choose(`What does the edit of ${name} mean?`, MEANINGS, until);
  } catch {
    // Nobody needs the answer any more, or nobody is there to give it.
    return until.aborted ? 'elsewhere' : 'later';
  } finally {
    needless.abort();
    await looking;
  }
}

/** Resolves when the view is not edited any more, or when the signal is aborted. */
async function untilSettled(
  { database, clock }: OpenProject['app'],
  definition: FingerprintedView,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    if (signal.aborted) return;
    // Where Postgres is away for a moment, the scheduler says so; the question stands.
    const views = await appliedViews(database).catch(() => null);
    const applied = views?.find(({ view }) => view.name === definition.view.name);
    if (applied !== undefined && viewChange(applied, definition) !== 'edited') return;
  }
}
