// Runs and backfills that a token can use: those of its views.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { partsName, viewOfParts } from '../../definition/declared/parts.ts';
import { type BackfillOverview, backfillOverviews } from '../../state/backfills/overview.ts';
import { type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { requireScope } from '../access/callers.ts';
import type { ApiContext, Caller } from '../context.ts';

/** @throws Failure NOT_FOUND; Problem VIEW_FORBIDDEN */
export async function requireRun(context: ApiContext, caller: Caller, id: number): Promise<RunOverview> {
  const run = await findRun(context, caller, id);
  if (run !== null) return run;
  throw new Failure('NOT_FOUND', text`There is no run ${safe(id)}.`, { run: id });
}

/** The run, or null: an operation on a run that does not exist refuses it and records that. @throws Problem VIEW_FORBIDDEN */
export async function findRun(context: ApiContext, caller: Caller, id: number): Promise<RunOverview | null> {
  const [run] = await runOverviews(context.reads, { ids: [id] });
  return inScope(context, caller, run);
}

/** @throws Failure NOT_FOUND; Problem VIEW_FORBIDDEN */
export async function requireBackfill(context: ApiContext, caller: Caller, id: number): Promise<BackfillOverview> {
  const backfill = await findBackfill(context, caller, id);
  if (backfill !== null) return backfill;
  throw new Failure('NOT_FOUND', text`There is no backfill ${safe(id)}.`, { backfill: id });
}

/** The backfill, or null, as findRun. @throws Problem VIEW_FORBIDDEN */
export async function findBackfill(context: ApiContext, caller: Caller, id: number): Promise<BackfillOverview | null> {
  const [backfill] = await backfillOverviews(context.reads, { ids: [id] });
  return inScope(context, caller, backfill);
}

async function inScope<T extends { readonly view: string }>(
  context: ApiContext,
  caller: Caller,
  found: T | undefined,
): Promise<T | null> {
  if (found === undefined) return null;
  await requireViewScope(context, caller, found.view);
  return found;
}

/** The view of a name, which the token can use; for parts, their incremental view. @throws Failure NOT_FOUND; Problem VIEW_FORBIDDEN */
export async function requireViewScope({ views }: ApiContext, caller: Caller, named: string): Promise<void> {
  const name = viewOfParts(named) ?? named;
  const known = (await views.all()).get(name);
  // A retired view has no tags any more that a token could name.
  requireScope(caller, known ?? { name, tags: [] });
}

/** The names of the views that the token can use with their parts, and of retired ones that it names; null for all. */
export async function viewsInScope({ views }: ApiContext, caller: Caller): Promise<readonly string[] | null> {
  if (caller.scope === null) return null;
  const known = [...(await views.all()).values()].filter((view) => caller.mayUse(view)).map(({ name }) => name);
  return [...new Set([...known, ...caller.scope])].flatMap((name) => [name, partsName({ name })]);
}
