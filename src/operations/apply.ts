// apply: deploys definitions, and decides what an edit means for stored rows.

import type { Actor } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import { silentLog } from '../core/log.ts';
import type { Job } from '../definition/job.ts';
import { type JobChange, jobChanges } from '../plan/job-changes.ts';
import type { AuditFacts } from '../state/audit.ts';
import { type Deployed, type Deploying, deploy, deployUnlessKnown, type StartOutcome } from '../state/views/deploy.ts';
import { type Deployment, newestDeployment } from '../state/views/deployment.ts';
import { applyEdit, type EditMeaning } from '../state/views/edit.ts';
import { withParts } from '../state/views/fingerprinted.ts';
import { deployViewRows, type FingerprintedView, type ViewChange } from '../state/views/views.ts';
import { requireEdited } from './edited.ts';
import { requireIntervalMeaning } from './edited-interval.ts';
import { requirePartsMeaning } from './edited-parts.ts';
import { inSteps, type Operation, type OperationDeps } from './operation.ts';

export type NamedChange = { readonly name: string; readonly change: ViewChange | 'retired' };

/** What was deployed. Without a generation it was only some views, and no jobs. */
export type Applied = {
  readonly generation: number | null;
  readonly isNew: boolean;
  readonly changes: readonly NamedChange[];
  readonly jobs: readonly JobChange[];
};

/** What an edit means for the stored rows; `from` only if it is forward-only. */
export type Edit = { readonly meaning: EditMeaning; readonly from: EpochMs | null };

/** A deployed edit, and how many stored units will be read again. */
export type Settled = { readonly name: string; readonly meaning: EditMeaning; readonly units: number };

/** Deploys all views and jobs of a project. @throws Failure as deploy */
export async function applyAll(deps: OperationDeps, actor: Actor, deploying: Deploying): Promise<Applied> {
  const operation = { ...askedOfAll(deploying), resultOf: appliedFacts, subjectOf: changedViews };
  return inSteps(deps, actor, operation, async () => {
    const before = await newestDeployment(deps.database);
    return appliedOf(before, deploying, await deploy(deps.database, deploying));
  });
}

/** As StartOutcome, with all that was deployed. */
export type AppliedAtStart =
  | Exclude<StartOutcome, { readonly kind: 'deployed' }>
  | { readonly kind: 'deployed'; readonly deployed: Applied };

/** Like applyAll, for a process started at `startedAt`: recorded only if something was deployed. @throws Failure as deploy */
export async function applyAtStart(
  deps: Pick<OperationDeps, 'database' | 'log'>,
  actor: Actor,
  deploying: Deploying,
  startedAt: EpochMs,
): Promise<AppliedAtStart> {
  const operation = {
    ...askedOfAll(deploying),
    resultOf: (outcome: AppliedAtStart) => (outcome.kind === 'deployed' ? appliedFacts(outcome.deployed) : null),
    subjectOf: (outcome: AppliedAtStart) => (outcome.kind === 'deployed' ? changedViews(outcome.deployed) : {}),
  };
  return inSteps(deps, actor, operation, async () => {
    const before = await newestDeployment(deps.database);
    const outcome = await deployUnlessKnown(deps.database, deploying, startedAt);
    if (outcome.kind !== 'deployed') return outcome;
    return { kind: 'deployed', deployed: appliedOf(before, deploying, outcome.deployed) };
  });
}

function askedOfAll({ program }: Deploying): Omit<Operation<unknown>, 'resultOf'> {
  return { verb: 'apply', subject: {}, request: { definitions: 'all', program } };
}

function appliedOf(before: Deployment | null, { jobs }: Deploying, { generation, changes }: Deployed): Applied {
  const isNew = generation !== before?.generation;
  return { generation, isNew, changes, jobs: jobChanges(before?.jobs ?? [], jobs) };
}

export type ApplyViewsRequest = {
  readonly definitions: readonly FingerprintedView[];
  /** The meaning of their edits; null leaves edits waiting for a decision. */
  readonly edit: Edit | null;
  /** `needed` if another command deploys the views it works with: recorded only if something changes. */
  readonly why: 'asked' | 'needed';
};

export type ViewsApplied = Applied & { readonly settled: readonly Settled[] };

/**
 * Deploys some views. Edits that may change stored rows wait for a decision.
 *
 * @throws Failure ARGUMENT_INVALID, before anything is changed, if a meaning is given for a view that was not edited
 */
export async function applyViews(
  deps: OperationDeps,
  actor: Actor,
  { definitions, edit, why }: ApplyViewsRequest,
): Promise<ViewsApplied> {
  const names = definitions.map(({ view }) => view.name);
  const operation = {
    verb: 'apply',
    subject: { views: names },
    request: { definitions: names, ...(edit === null ? {} : editFacts(edit)) },
    resultOf: (applied: ViewsApplied) => (why === 'needed' && !isChange(applied) ? null : appliedFacts(applied)),
  } as const;
  return inSteps(deps, actor, operation, async () => {
    if (edit !== null) {
      for (const one of definitions) await requireEdited(deps.database, one, edit.from);
      for (const one of definitions) await requireIntervalMeaning(deps.database, one, edit.meaning);
      for (const one of definitions) await requirePartsMeaning(deps.database, one, edit.meaning);
    }
    const changes = await deployViewRows(deps.database, definitions);
    const settled: Settled[] = [];
    if (edit !== null) {
      const edited = new Set(changes.flatMap(({ name, change }) => (change === 'edited' ? [name] : [])));
      for (const definition of withParts(definitions).filter(({ view }) => edited.has(view.name))) {
        const { staleUnits } = await applyEdit(deps.database, definition, edit.meaning, edit.from);
        settled.push({ name: definition.view.name, meaning: edit.meaning, units: staleUnits });
      }
    }
    return { generation: null, isNew: false, changes, jobs: [], settled };
  });
}

/** Updates the schedules of jobs now. Returns the failure if that is not possible; the elected scheduler will do it. */
export async function makeSchedules(
  { withQueues }: Pick<OperationDeps, 'withQueues'>,
  clock: Clock,
  jobs: readonly Job[],
): Promise<Failure | null> {
  // Imported here: most commands need neither schedules nor the queue driver.
  const { matchSchedules } = await import('../queue/leader/schedules.ts');
  try {
    await withQueues((queues) => matchSchedules({ queues, clock, log: silentLog, takenSince: null }, jobs));
    return null;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
}

function appliedFacts({ generation, changes, jobs, settled = [] }: Applied & Partial<ViewsApplied>): AuditFacts {
  return {
    generation,
    changes: changed(changes),
    jobs: jobs.filter(({ change }) => change !== 'unchanged').map(({ name, change }) => ({ name, change })),
    settled,
  };
}

function changed(changes: readonly NamedChange[]): NamedChange[] {
  return changes.filter(({ change }) => change !== 'unchanged');
}

function changedViews({ changes }: Pick<Applied, 'changes'>): { readonly views: readonly string[] } {
  return { views: changed(changes).map(({ name }) => name) };
}

function isChange({ changes, settled }: ViewsApplied): boolean {
  return settled.length > 0 || changed(changes).length > 0;
}

function editFacts({ meaning, from }: Edit): AuditFacts {
  return { meaning, from: from === null ? null : new Date(from).toISOString() };
}
