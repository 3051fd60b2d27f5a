// backfill.start: missing, held or all units of a view's past.

import { type Actor, actorName } from '../core/actor.ts';
import { Failure } from '../core/failure.ts';
import { text } from '../core/message.ts';
import type { Session } from '../postgres/session.ts';
import type { AuditFacts } from '../state/audit.ts';
import { advanceBackfill } from '../state/backfills/advance.ts';
import {
  type BackfillPlan,
  type BackfillRequest,
  planBackfill as planBackfillOf,
  startBackfill as startBackfillOf,
} from '../state/backfills/backfill.ts';
import type { AppliedView } from '../state/views/views.ts';
import { inOneStep, inSteps, type Operation, type OperationDeps } from './operation.ts';
import { lockParts, planParts, restateParts } from './parts.ts';
import { type Delivery, deliver, type Performer, requirePerformer } from './performers.ts';
import { rangeFacts, requireForwards } from './ranges.ts';
import { CHUNK_OPTIONS } from './run-options.ts';
import { requireView } from './views.ts';

export type StartRequest = Pick<BackfillRequest, 'range' | 'mode' | 'order' | 'chunkUnits' | 'parallel'> & {
  readonly view: string;
  /** Allows removing rows that the source no longer has, beyond removed_max. */
  readonly allowRemovals: boolean;
  readonly performer: Performer;
};

/** The options of a request that only has a range and a mode. */
export const BACKFILL_DEFAULTS = {
  order: 'oldest',
  chunkUnits: null,
  parallel: 2,
} as const satisfies Partial<StartRequest>;

/** `backfill` is null if there was nothing to do. */
export type BackfillStarted = {
  readonly backfill: number | null;
  readonly plan: BackfillPlan;
  /** The runs of its parts, if the view is incremental. */
  readonly parts: readonly number[];
  readonly delivery: Delivery;
};

/** The plan of a backfill; only reads. @throws Failure as planBackfill of state, or NOT_FOUND */
export async function planBackfill(
  { database }: Pick<OperationDeps, 'database'>,
  request: StartRequest,
): Promise<BackfillPlan> {
  requireConsistent(request);
  return planBackfillOf(database, await requireView(database, request.view), backfillRequest(request, ''));
}

/**
 * The plan of a backfill that the caller shows, and may ask about, before it starts it. A request that ends here, because it is
 * refused or has nothing to do, is recorded like that of a start.
 *
 * @throws as startBackfill
 */
export async function proposeBackfill(deps: OperationDeps, actor: Actor, request: StartRequest): Promise<BackfillPlan> {
  const operation = {
    ...asked(request),
    resultOf: (plan: BackfillPlan) => (plan.units === 0 ? factsOf({ id: null, plan }) : null),
  };
  return inSteps(deps, actor, operation, async () => {
    const plan = await planBackfill(deps, request);
    if (plan.units > 0) await requirePerformer(deps.database, request.performer, plan.chunks.length);
    return plan;
  });
}

/** Starts a backfill. If workers perform it, hands over its first chunks. @throws Failure as planBackfill, or WORKER_MISSING */
export async function startBackfill(
  deps: OperationDeps,
  actor: Actor,
  request: StartRequest,
): Promise<BackfillStarted> {
  const { view, performer } = request;
  const { runs, ...started } = await inOneStep(
    deps,
    actor,
    {
      ...asked(request),
      resultOf: factsOf,
    },
    async (session) => {
      requireConsistent(request);
      const applied = await requireView(session, view);
      await lockParts(session, applied);
      const { id, plan } = await startBackfillOf(session, applied, backfillRequest(request, actorName(actor)));
      if (id === null) return { id, plan, runs: [], parts: [] };
      await requirePerformer(session, performer, plan.chunks.length);
      const parts = await partsOfBackfill(session, applied, request, plan);
      return { id, plan, parts, runs: performer === 'workers' ? await advanceBackfill(session, id) : [] };
    },
  );
  const { id, plan, parts } = started;
  return { backfill: id, plan, parts, delivery: await deliver(deps, performer, [...parts, ...runs]) };
}

function asked({ view, range, performer: _, ...rest }: StartRequest): Omit<Operation<unknown>, 'resultOf'> {
  return { verb: 'backfill.start', subject: { views: [view] }, request: { view, ...rangeFacts(range), ...rest } };
}

function factsOf({ id, plan }: { readonly id: number | null; readonly plan: BackfillPlan }): AuditFacts {
  return { backfill: id, chunks: plan.chunks.length, units: plan.units };
}

/** The units of an incremental view wait for the parts of their windows. `all` reads these again, too. */
async function partsOfBackfill(
  session: Session,
  applied: AppliedView,
  { mode, allowRemovals }: StartRequest,
  { range: { start, end } }: BackfillPlan,
): Promise<readonly number[]> {
  const range = { from: start, to: end };
  const options = { ...CHUNK_OPTIONS, allowRemovals };
  if (mode === 'all') return (await restateParts(session, applied, range, options)).runs;
  return (await planParts(session, applied, range, options)).runs;
}

/** @throws Failure ARGUMENT_INVALID if the request contradicts itself */
export function requireConsistent({
  range,
  mode,
  allowRemovals,
}: Pick<StartRequest, 'range' | 'mode' | 'allowRemovals'>): void {
  requireForwards(range);
  if (!allowRemovals || mode !== 'missing') return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`A backfill of missing units does not remove rows: to allow removals, use mode failed or all.`,
  );
}

function backfillRequest(request: StartRequest, askedBy: string): BackfillRequest {
  const { view: _, performer: __, allowRemovals, ...rest } = request;
  return { ...rest, options: { ...CHUNK_OPTIONS, allowRemovals }, askedBy };
}
