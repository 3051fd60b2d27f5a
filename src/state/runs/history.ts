// The history of a run, stored in its row: each transition adds its entry (transitions.ts).

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Database } from '../../postgres/database.ts';
import { IS_REDACTED, redactText, type ViewRedaction } from '../redaction.ts';
import type { RunReason } from './run.ts';
import type { StageName } from './stages.ts';
import type { RunState } from './states.ts';
import { redactWait, type Wait } from './wait.ts';

/** Where an attempt ended early. `ms` is the time spent in its stage. */
type Stop = { readonly attempt: number; readonly stage: StageName; readonly ms: number };

/**
 * An entry in a run's history. A stage is recorded when it ends, with its duration; it started at the end of the
 * previous entry.
 */
export type RunEntry = { readonly at: EpochMs } & (
  | { readonly what: 'planned'; readonly reason: RunReason; readonly backfill: number | null }
  /** Claimed by a worker, or reclaimed from a worker that stopped renewing its lease. */
  | { readonly what: 'claimed' | 'taken over'; readonly attempt: number; readonly owner: string }
  | { readonly what: 'extracted' | 'checked' | 'committed' | 'published'; readonly ms: number }
  /** Staged rows were lost at this stage. */
  | { readonly what: 'begun again'; readonly stage: StageName }
  /** The number of times in a row; if more than one, `last` is the time of the last one. */
  | {
      readonly what: 'snoozed';
      readonly why: Wait;
      readonly times: number;
      readonly last?: EpochMs;
      readonly until: EpochMs | null;
    }
  | ({ readonly what: 'interrupted'; readonly why: Wait } & Stop)
  | ({ readonly what: 'failed'; readonly code: string; readonly message: string; readonly until: EpochMs } & Stop)
  | ({
      readonly what: 'closed';
      readonly state: RunState;
      readonly code?: string;
      readonly message?: string;
    } & Partial<Stop>)
  /** The number of entries that were dropped here because there were too many. */
  | { readonly what: 'left out'; readonly entries: number }
);

/** The entries that transitions write. Rows of an earlier release have the same form. */
export type EntryName = Exclude<RunEntry['what'], 'planned' | 'left out'>;

/** The history of a run, oldest first; empty if there is no such run. */
export async function runHistory(database: Database, id: number): Promise<RunEntry[]> {
  const [row] = await database.query<ViewRedaction & { planned: RunEntry; history: StoredEntry[] }>(
    `select r.history, ${IS_REDACTED} as "isRedacted",
            jsonb_build_object('at', (extract(epoch from r.planned_at) * 1000)::bigint, 'what', 'planned',
              'reason', r.reason, 'backfill', (select min(backfill_id) from millrace.backfill_chunk where run_id = r.id)) as planned
       from millrace.run r join millrace.view v on v.id = r.view_id where r.id = $1`,
    [id],
  );
  return row === undefined ? [] : [row.planned, ...row.history.map((stored) => redactedEntry(entryOf(stored), row))];
}

/** Messages are stored as text here. */
function redactedEntry(entry: RunEntry, view: ViewRedaction): RunEntry {
  if ('message' in entry && entry.message !== undefined) return { ...entry, message: redactText(entry.message, view) };
  return 'why' in entry ? { ...entry, why: redactWait(entry.why, view) } : entry;
}

/** Times as Postgres writes them. */
type StoredEntry = { readonly at: string; readonly last?: string; readonly until?: string | null };

function entryOf(stored: StoredEntry): RunEntry {
  const times = Object.entries({ at: stored.at, last: stored.last, until: stored.until })
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => [name, text == null ? null : epochMsOf(Date.parse(text))]);
  return { ...stored, ...Object.fromEntries(times) } as RunEntry; // transitions write nothing else
}

/** One claim of a run and its outcome. A claim that ended in a wait is followed by one with the same number. */
export type Attempt = {
  readonly attempt: number;
  readonly owner: string;
  readonly startedAt: EpochMs;
  /** The stages that it finished, in order. */
  readonly stages: readonly { readonly stage: StageName; readonly endedAt: EpochMs; readonly ms: number }[];
  readonly error: { readonly code: string; readonly message: string } | null;
};

const STAGE_OF = { extracted: 'extract', checked: 'check', committed: 'commit', published: 'publish' } as const;

/** The attempts in a history, oldest first: pure. */
export function attemptsOf(history: readonly RunEntry[]): Attempt[] {
  const attempts: Attempt[] = [];
  for (const entry of history) {
    const last = attempts.at(-1);
    if (entry.what === 'claimed' || entry.what === 'taken over') {
      const { attempt, owner, at } = entry;
      attempts.push({ attempt, owner, startedAt: at, stages: [], error: null });
    } else if (last !== undefined) {
      attempts[attempts.length - 1] = withEntry(last, entry);
    }
  }
  return attempts;
}

function withEntry(attempt: Attempt, entry: RunEntry): Attempt {
  switch (entry.what) {
    case 'extracted':
    case 'checked':
    case 'committed':
    case 'published': {
      const ended = { stage: STAGE_OF[entry.what], endedAt: entry.at, ms: entry.ms };
      return { ...attempt, stages: [...attempt.stages, ended] };
    }
    case 'failed':
      return { ...attempt, error: { code: entry.code, message: entry.message } };
    case 'closed': {
      const { code, message } = entry;
      return code === undefined || message === undefined ? attempt : { ...attempt, error: { code, message } };
    }
    default:
      return attempt;
  }
}
