// A run waits until the upstream views of its view cover its span.

import { Failure } from '../core/failure.ts';
import { formatInstant } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';
import { safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import { type EarlierView, earlierViews, recordWaiting } from '../state/planning/earlier-views.ts';
import type { Run } from '../state/runs/run.ts';
import type { BlockingView, Wait } from '../state/runs/wait.ts';
import { Snooze } from './outcome.ts';

type MissingSpans = { readonly name: string; readonly missing: readonly Interval[] };

/** Passes if there is nothing to wait for. @throws Snooze, which costs no attempt: the run stays planned. */
export async function waitForViews(database: Database, run: Run, delayMs: number): Promise<void> {
  if (run.state !== 'planned') return;
  const before = missingOf(await earlierViews(database, run));
  if (before.length === 0) return;
  const views = before.map(({ name }) => name);
  const wait = waitFor(before);
  if (!(await recordWaiting(database, run, { views, wait, delayMs }))) return;
  // A run that was committed in between has not woken this one, which was not waiting yet.
  if (missingOf(await earlierViews(database, run)).length > 0) throw new Snooze(wait, delayMs);
}

/**
 * For a run that a worker has: it may be planned before its view became incremental, and reads its parts again after a
 * crash. @throws Snooze while they are incomplete: a value that is combined from them would be too small.
 */
export async function requireViews(database: Database, run: Run, delayMs: number): Promise<void> {
  const before = missingOf(await earlierViews(database, run));
  if (before.length > 0) throw new Snooze(waitFor(before), delayMs);
}

function waitFor(before: readonly MissingSpans[]): Wait {
  return { kind: 'earlier_views', facts: { views: before.map(blockingView) } };
}

/** None if a view no longer exists: then the run has to fail instead of waiting. */
function missingOf(views: readonly EarlierView[]): MissingSpans[] {
  if (views.some(({ missing }) => missing === null)) return [];
  return views.flatMap(({ name, missing }) => (missing === null || missing.length === 0 ? [] : [{ name, missing }]));
}

function blockingView({ name, missing: [first, ...more] }: MissingSpans): BlockingView {
  if (first === undefined) throw new RangeError(`${name} lacks nothing`);
  return { name, start: formatInstant(first.start), end: formatInstant(first.end), more: more.length };
}

/** @throws Failure DEFINITION_INVALID if an upstream view is retired, or was never deployed. */
export async function requireEarlierViews(database: Database, run: Run): Promise<void> {
  const gone = (await earlierViews(database, run)).find(({ missing }) => missing === null);
  if (gone === undefined) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`${safe(run.view.name)} lists "${safe(gone.name)}" in \`after\`, but that view no longer exists: restore it or remove it from \`after\`, then retry run ${safe(run.id)}.`,
    { view: run.view.name, run: run.id },
  );
}
