// What happened to a run, as its row remembers it: each transition writes its entry (transitions.ts).

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Database } from '../../postgres/database.ts';
import { IS_REDACTED, redactText, type ViewRedaction } from '../redaction.ts';
import type { RunReason } from './run.ts';
import type { StageName } from './stages.ts';
import type { RunState } from './states.ts';
import { redactWait, type Wait } from './wait.ts';

/** Where an attempt ended before its time. `ms` is how long it had been at its stage. */
type Stop = { readonly attempt: number; readonly stage: StageName; readonly ms: number };

/**
 * One thing that happened to a run. A stage is told when it has ended, with how long it took; it had begun where the entry
 * before ends.
 */
export type RunEntry = { readonly at: EpochMs } & (
  | { readonly what: 'planned'; readonly reason: RunReason; readonly backfill: number | null }
  /** By a worker, or from one that did not say any more that it is alive. */
  | { readonly what: 'claimed' | 'taken over'; readonly attempt: number; readonly owner: string }
  | { readonly what: 'extracted' | 'checked' | 'committed' | 'published'; readonly ms: number }
  /** Staging was found lost at this stage. */
  | { readonly what: 'begun again'; readonly stage: StageName }
  /** So many times in a row; the last time, where there was more than one, at `last`. */
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
  /** So many entries were forgotten here, as there were too many. */
  | { readonly what: 'left out'; readonly entries: number }
);

/** What a transition writes. Rows that an earlier release has written read the same. */
export type EntryName = Exclude<RunEntry['what'], 'planned' | 'left out'>;

/** All that is remembered of a run, oldest first; empty where there is no such run. */
export async function runHistory(database: Database, id: number): Promise<RunEntry[]> {
  const [row] = await database.query<ViewRedaction & { planned: RunEntry; history: StoredEntry[] }>(
    `select r.history, ${IS_REDACTED} as "isRedacted",
            jsonb_build_object('at', (extract(epoch from r.planned_at) * 1000)::bigint, 'what', 'planned',
              'reason', r.reason, 'backfill', (select min(backfill_id) from millrace.backfill_chunk where run_id = r.id)) as planned
       from millrace.run r join millrace.view v on v.id = r.view_id where r.id = $1`,
    [id],
  );
  return row === undefined ? [] : [row.planned, ...row.history.map((stored) => toldEntry(entryOf(stored), row))];
}

/** A message is kept there as text. */
function toldEntry(entry: RunEntry, view: ViewRedaction): RunEntry {
  if ('message' in entry && entry.message !== undefined) return { ...entry, message: redactText(entry.message, view) };
  return 'why' in entry ? { ...entry, why: redactWait(entry.why, view) } : entry;
}

/** Times as the database writes them. */
type StoredEntry = { readonly at: string; readonly last?: string; readonly until?: string | null };

function entryOf(stored: StoredEntry): RunEntry {
  const times = Object.entries({ at: stored.at, last: stored.last, until: stored.until })
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => [name, text == null ? null : epochMsOf(Date.parse(text))]);
  return { ...stored, ...Object.fromEntries(times) } as RunEntry; // transitions write nothing else
}

/** One claim of a run, and what came of it. A claim that ended in a wait is followed by one of the same number. */
export type Attempt = {
  readonly attempt: number;
  readonly owner: string;
  readonly startedAt: EpochMs;
  /** The stages that it ended, in order. */
  readonly stages: readonly { readonly stage: StageName; readonly endedAt: EpochMs; readonly ms: number }[];
  readonly error: { readonly code: string; readonly message: string } | null;
};

const STAGE_OF = { extracted: 'extract', checked: 'check', committed: 'commit', published: 'publish' } as const;

/** The attempts that a history tells of, oldest first: pure. */
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
