// The questions of millrace dev about edited views, and the runs that follow.

import { Failure } from '../../core/failure.ts';
import { applyViews } from '../../operations/apply.ts';
import { editSentence } from '../../presentation/views/edit-sentence.ts';
import { planDue } from '../../state/planning/planning.ts';
import { jobTimeoutMs } from '../../state/runs/job-timeout.ts';
import { DEFAULT_RUN_OPTIONS } from '../../state/runs/run.ts';
import { appliedViews, type FingerprintedView } from '../../state/views/views.ts';
import type { Cli, CommonOptions } from '../command.ts';
import { askMeaning } from '../define/ask-meaning.ts';
import type { OpenProject } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';
import { reportError } from '../output/report-error.ts';

type Asking = { readonly options: CommonOptions; readonly signal: AbortSignal };

/** Asks for the meaning of each edit, one at a time, while everything else keeps running. */
export async function settleEdits(
  cli: Cli,
  open: OpenProject,
  edited: readonly FingerprintedView[],
  asking: Asking,
): Promise<void> {
  for (const definition of edited) {
    if (!cli.terminal.isInteractive) cli.terminal.warn(editSentence(definition.view.name));
    else {
      let isSettled = false;
      while (!isSettled && !asking.signal.aborted) isSettled = await settle(cli, open, definition, asking);
    }
  }
}

/** Asks once. False if the answer could not be applied, as when stored snapshots must be read again. */
async function settle(
  cli: Cli,
  open: OpenProject,
  definition: FingerprintedView,
  { options, signal }: Asking,
): Promise<boolean> {
  const { name } = definition.view;
  const answer = await askMeaning(cli, open, definition, signal);
  if (signal.aborted) return true;
  if (answer === 'later') cli.terminal.warn(editSentence(name));
  if (answer === 'elsewhere') cli.terminal.line(`${name} was deployed by another command.`);
  if (answer === 'later' || answer === 'elsewhere') return true;
  const request = { definitions: [definition], edit: { meaning: answer, from: null }, why: 'asked' } as const;
  const isApplied = await succeeds(cli, options, () => applyViews(depsOf(open.app), actorOf(cli), request));
  // If this fails, the scheduler plans the runs at their next tick.
  if (isApplied) await succeeds(cli, options, () => runDue(open));
  return isApplied;
}

/** Reports a failure, so that it does not end dev and its servers. */
async function succeeds({ terminal }: Cli, options: CommonOptions, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    reportError(terminal, thrown, options);
    return false;
  }
}

/** Runs what is due now, without waiting for a cron tick. */
export async function runDue({ app, defined }: OpenProject): Promise<void> {
  const names = defined.map(({ view }) => view.name);
  const ids: number[] = [];
  for (const applied of await appliedViews(app.database)) {
    if (!names.includes(applied.view.name) || applied.pause !== null) continue;
    const timeoutMs = await jobTimeoutMs(app.database, applied.view);
    ids.push(...(await planDue(app.database, applied, 'manual', { ...DEFAULT_RUN_OPTIONS, timeoutMs })));
  }
  if (ids.length > 0) await app.deliver(ids);
}
