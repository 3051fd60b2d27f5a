// What is told of a redacted view: nothing that its runs have said. Workers leave values out of the messages of such a view,
// but a message may be from before it was redacted. Its code is told; the command line, for those who may read the database
// itself, has all of it.

import type { FiringCondition } from '../state/alerts/overview.ts';
import type { BackfillOverview, ChunkOverview } from '../state/backfills/overview.ts';
import type { IntervalFacts, SpanRun } from '../state/queries/interval-facts.ts';
import type { RunOverview } from '../state/queries/run-overview.ts';
import type { ListedRun } from '../state/queries/runs-page.ts';
import type { ViewOverview } from '../state/queries/view-overview.ts';
import type { RunEntry } from '../state/runs/history.ts';

export const UNSAID = '(the view is redacted: what its run said is not shown)';

/** Where a sentence quotes a failure, the message follows its code. */
export function withoutMessage(text: string): string {
  return text.replace(/\b([A-Z]+(?:_[A-Z]+)+): [\s\S]*$/, '$1');
}

export function unquotedStatus<Status extends ViewOverview>(status: Status): Status {
  const { view, pausedReason, waitingRun, lastFailure } = status;
  if (!view.redacted) return status;
  return {
    ...status,
    pausedReason: pausedReason === null ? null : withoutMessage(pausedReason),
    waitingRun: waitingRun === null ? null : { ...waitingRun, ...unsaid(waitingRun) },
    lastFailure: lastFailure === null ? null : { ...lastFailure, message: null },
  };
}

export function unquotedRun(run: RunOverview): RunOverview {
  return { ...run, ...unsaid(run), notes: run.notes.length === 0 ? [] : [UNSAID] };
}

/** A run waits for something, or since its attempt failed: then for what that said. */
function unsaid({ error, waitingFor }: Pick<RunOverview, 'error' | 'waitingFor'>) {
  return {
    error: error === null ? null : { ...error, message: UNSAID },
    waitingFor: error !== null && waitingFor === error.message ? UNSAID : waitingFor,
  };
}

export function unquotedHistory(history: readonly RunEntry[], { error }: Pick<RunOverview, 'error'>): RunEntry[] {
  return history.map((entry) => {
    if ('message' in entry) return { ...entry, message: UNSAID };
    const isOfError = 'why' in entry && error?.message.startsWith(entry.why) === true;
    return isOfError ? { ...entry, why: UNSAID } : entry;
  });
}

export function unquotedFacts({ open, givenUp, skipped }: IntervalFacts): IntervalFacts {
  return { open: open.map(unquotedSpan), givenUp: givenUp.map(unquotedSpan), skipped };
}

function unquotedSpan(run: SpanRun): SpanRun {
  const { waitingFor, message } = run;
  return {
    ...run,
    message: message === null ? null : UNSAID,
    // The message may be cut where the other is whole.
    waitingFor: message !== null && waitingFor?.startsWith(message) === true ? UNSAID : waitingFor,
  };
}

export function unquotedListed(runs: readonly ListedRun[], redacted: ReadonlySet<string>): ListedRun[] {
  return runs.map((run) => {
    if (run.trouble === null || run.trouble.code === null || !redacted.has(run.view)) return run;
    return { ...run, trouble: { code: run.trouble.code, text: UNSAID, bytes: Buffer.byteLength(UNSAID) } };
  });
}

export function unquotedChunks(chunks: readonly ChunkOverview[]): ChunkOverview[] {
  return chunks.map((chunk) =>
    chunk.error === null ? chunk : { ...chunk, error: { ...chunk.error, message: UNSAID } },
  );
}

export function unquotedBackfills(all: readonly BackfillOverview[], redacted: ReadonlySet<string>): BackfillOverview[] {
  return all.map((one) =>
    one.why === null || !redacted.has(one.view) ? one : { ...one, why: withoutMessage(one.why) },
  );
}

export function unquotedAlerts(firing: readonly FiringCondition[], redacted: ReadonlySet<string>): FiringCondition[] {
  return firing.map((one) =>
    one.names.some((name) => redacted.has(name)) ? { ...one, what: withoutMessage(one.what) } : one,
  );
}
