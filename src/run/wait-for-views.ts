// A run whose view comes after others begins when they cover its span.

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

/** Passes where nothing has to be waited for. @throws Snooze, which costs no attempt: the run stays planned. */
export async function waitForViews(database: Database, run: Run, delayMs: number): Promise<void> {
  if (run.state !== 'planned') return;
  const before = missingOf(await earlierViews(database, run));
  if (before.length === 0) return;
  const views = before.map(({ name }) => name);
  const wait: Wait = { kind: 'earlier_views', facts: { views: before.map(blockingView) } };
  if (!(await recordWaiting(database, run, { views, wait, delayMs }))) return;
  // One that was committed in between has woken nobody, as nobody was waiting.
  if (missingOf(await earlierViews(database, run)).length > 0) throw new Snooze(wait, delayMs);
}

/** None where a view is gone: then the run is to fail, and not to wait. */
function missingOf(views: readonly EarlierView[]): MissingSpans[] {
  if (views.some(({ missing }) => missing === null)) return [];
  return views.flatMap(({ name, missing }) => (missing === null || missing.length === 0 ? [] : [{ name, missing }]));
}

function blockingView({ name, missing: [first, ...more] }: MissingSpans): BlockingView {
  if (first === undefined) throw new RangeError(`${name} lacks nothing`);
  return { name, start: formatInstant(first.start), end: formatInstant(first.end), more: more.length };
}

/** @throws Failure DEFINITION_INVALID where a view that comes first is retired, or was never applied. */
export async function requireEarlierViews(database: Database, run: Run): Promise<void> {
  const gone = (await earlierViews(database, run)).find(({ missing }) => missing === null);
  if (gone === undefined) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`${safe(run.view.name)} comes after "${safe(gone.name)}", which is no view any more: bring that view back, or take its name out of \`after\`; then retry run ${safe(run.id)}.`,
    { view: run.view.name, run: run.id },
  );
}
