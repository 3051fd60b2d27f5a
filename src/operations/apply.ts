// apply: definitions on disk become the ones that workers run, and an edit gets its meaning.

import type { Actor } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import { silentLog } from '../core/log.ts';
import type { Job } from '../definition/job.ts';
import { type JobChange, jobChanges } from '../plan/job-changes.ts';
import type { AuditFacts } from '../state/audit.ts';
import { type Deploying, deploy, deployUnlessKnown, type StartOutcome } from '../state/views/deploy.ts';
import { newestDeployment } from '../state/views/deployment.ts';
import { applyEdit, type EditMeaning } from '../state/views/edit.ts';
import { deployViewRows, type FingerprintedView, type ViewChange } from '../state/views/views.ts';
import { requireEdited } from './edited.ts';
import { inSteps, type OperationDeps } from './operation.ts';

export type NamedChange = { readonly name: string; readonly change: ViewChange | 'retired' };

/** What was taken over. Without a generation only some views were, and the jobs are as they were. */
export type Applied = {
  readonly generation: number | null;
  readonly isNew: boolean;
  readonly changes: readonly NamedChange[];
  readonly jobs: readonly JobChange[];
};

/** What an edit means for the stored rows; `from` only where it is forward-only. */
export type Edit = { readonly meaning: EditMeaning; readonly from: EpochMs | null };

/** An edit that has its meaning now, and how many stored units will be read again. */
export type Settled = { readonly name: string; readonly meaning: EditMeaning; readonly units: number };

/** Applies all definitions of a project, and with them its jobs. @throws Failure as deploy */
export async function applyAll(deps: OperationDeps, actor: Actor, deploying: Deploying): Promise<Applied> {
  const operation = {
    verb: 'apply',
    subject: {},
    request: { definitions: 'all', program: deploying.program },
    resultOf: appliedFacts,
    subjectOf: changedViews,
  } as const;
  return inSteps(deps, actor, operation, async () => {
    const before = await newestDeployment(deps.database);
    const { generation, changes } = await deploy(deps.database, deploying);
    const jobs = jobChanges(before?.jobs ?? [], deploying.jobs);
    return { generation, isNew: generation !== before?.generation, changes, jobs };
  });
}

/** As applyAll, for a process that starts at `startedAt`: recorded only where something was deployed. @throws Failure as deploy */
export async function applyAtStart(
  deps: Pick<OperationDeps, 'database' | 'log'>,
  actor: Actor,
  deploying: Deploying,
  startedAt: EpochMs,
): Promise<StartOutcome> {
  const deployedOf = (outcome: StartOutcome) => (outcome.kind === 'deployed' ? outcome.deployed : null);
  const operation = {
    verb: 'apply',
    subject: {},
    request: { definitions: 'all', program: deploying.program },
    resultOf: (outcome: StartOutcome) => {
      const deployed = deployedOf(outcome);
      return deployed === null ? null : { generation: deployed.generation, changes: changed(deployed.changes) };
    },
    subjectOf: (outcome: StartOutcome) => changedViews({ changes: deployedOf(outcome)?.changes ?? [] }),
  } as const;
  return inSteps(deps, actor, operation, () => deployUnlessKnown(deps.database, deploying, startedAt));
}

export type ApplyViewsRequest = {
  readonly definitions: readonly FingerprintedView[];
  /** The meaning of the edit of each of them; null where none is given, and edits wait for one. */
  readonly edit: Edit | null;
  /** `needed` where another command applies what it works with: recorded only where something changes. */
  readonly why: 'asked' | 'needed';
};

export type ViewsApplied = Applied & { readonly settled: readonly Settled[] };

/**
 * Applies the definitions of some views. Those whose rows an edit may change wait for its meaning.
 *
 * @throws Failure ARGUMENT_INVALID, before anything is changed, where a meaning is given and a view was not edited
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
    if (edit !== null) for (const one of definitions) await requireEdited(deps.database, one, edit.from);
    const changes = await deployViewRows(deps.database, definitions);
    const settled: Settled[] = [];
    if (edit !== null) {
      for (const definition of definitions) {
        const { staleUnits } = await applyEdit(deps.database, definition, edit.meaning, edit.from);
        settled.push({ name: definition.view.name, meaning: edit.meaning, units: staleUnits });
      }
    }
    return { generation: null, isNew: false, changes, jobs: [], settled };
  });
}

/** Makes the schedules of jobs now. Where that fails the elected scheduler makes them, and the failure says why. */
export async function makeSchedules(
  { withQueues }: Pick<OperationDeps, 'withQueues'>,
  clock: Clock,
  jobs: readonly Job[],
): Promise<Failure | null> {
  // Imported here: most commands need no schedules, and not the driver behind them.
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
