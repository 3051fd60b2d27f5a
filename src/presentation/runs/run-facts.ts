// A run as text: its reason, state, counts and timing.

import { humanDuration } from '../../core/duration.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import { isWaiting, type RunOverview } from '../../state/queries/run-overview.ts';
import { type Attempt, attemptsOf, type RunEntry } from '../../state/runs/history.ts';
import type { RunCounts } from '../../state/runs/run.ts';
import { isOver } from '../../state/runs/states.ts';
import { isAfterError } from '../../state/runs/wait.ts';
import { count, counted, shortSpan, utcText } from '../format.ts';
import type { Fact, Text } from '../text.ts';
import { checkText } from './checks.ts';
import { duplicatesSentence } from './duplicates.ts';
import { waitText } from './waits.ts';

/** One fact per line; empty facts are left out. */
export function runFacts(run: RunOverview, history: readonly RunEntry[]): Fact[] {
  const attempts = attemptsOf(history);
  const facts: readonly Fact[] = [
    ['run', `${run.id}  ${run.view}  ${shortSpan(run.span)}`],
    ['why', blockText(history, run)],
    ['state', runStateText(run)],
    ['stage', isOver(run) ? '' : run.stage],
    ['attempt', `${run.attempt} of ${run.attemptsMax}`],
    ...equations(run),
    ['refused', refusedText(run)],
    ['duplicates', duplicatesSentence(run.view, run)],
    ...run.checks.map((outcome) => ['check', checkText(outcome)] as const),
    ['took', tookText(run, attempts.at(-1))],
    ['owner', isOver(run) ? '' : (run.owner ?? '')],
    ['lease until', isOver(run) || run.leaseUntil === null ? '' : utcText(run.leaseUntil)],
    // After an error, it waits for what the error names, which has its own line.
    ['waiting for', isWaiting(run) && run.wait !== null && !isAfterError(run.wait) ? waitText(run.wait, null) : ''],
    ['next', run.nextAttemptAt === null ? '' : utcText(run.nextAttemptAt)],
    ['error', run.error === null ? '' : { style: 'red', text: text`${run.error.parts} (${safe(run.error.code)})` }],
    ...run.notes.map((note) => ['note', note] as const),
  ];
  return facts.filter(([, shown]) => shown !== '');
}

/** The state of the run; `waiting` if it waits for something other than a worker. */
export function runStateText(run: RunOverview): Text {
  if (run.state === 'done') return { style: 'green', text: 'done' };
  if (isOver(run)) return { style: 'red', text: run.state };
  return { style: 'yellow', text: isWaiting(run) ? 'waiting' : run.state };
}

/** `1,000 rows read: 990 inserted, 10 refused`; zero counts are left out. */
export function countsText(counts: RunCounts): string {
  const parts = (['inserted', 'changed', 'unchanged', 'duplicates', 'removed', 'kept', 'refused'] as const)
    .filter((name) => counts[name] > 0)
    .map((name) => partText(name, counts[name]));
  return `${counted(counts.read, 'row')} read${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

/** `2 duplicates`, `1 duplicate`; the other names have no plural. */
function partText(name: string, rows: number): string {
  return `${count(rows)} ${rows === 1 && name === 'duplicates' ? 'duplicate' : name}`;
}

function blockText([planned]: readonly RunEntry[], { reason }: RunOverview): string {
  return planned?.what === 'planned' && planned.backfill !== null ? `backfill ${planned.backfill}` : reason;
}

/** How the counts add up: rows read and, once stored, the outcome of the accepted rows. */
function equations({ counts, committedAt }: RunOverview): (readonly [string, Text])[] {
  const { read, accepted, refused, inserted, changed, unchanged, duplicates, removed, kept } = counts;
  const rows: [string, string][] = [
    ['read', `${counted(read, 'row')} = ${count(accepted)} accepted + ${count(refused)} refused`],
  ];
  if (committedAt === null) return rows;
  const outcomes = { inserted, changed, unchanged, duplicates };
  const parts = Object.entries(outcomes).map(([name, value]) => partText(name, value));
  const gone = removed === 0 ? '' : `; ${counted(removed, 'stored row')} removed`;
  const stayed = kept === 0 ? '' : `; ${counted(kept, 'stored row')} kept because their new versions were refused`;
  return [...rows, ['stored', `${count(accepted)} accepted = ${parts.join(' + ')}${gone}${stayed}`]];
}

function refusedText({ id, view, counts }: RunOverview): string | Message {
  const reasons = Object.entries(counts.refusedBy).sort((a, b) => b[1] - a[1]);
  if (reasons.length === 0) return '';
  const list = reasons.map(([reason, rows]) => `${reason} ${count(rows)}`).join(', ');
  return text`${safe(list)}; to list them: ${command(`millrace quarantine ${view} --run ${id}`)}`;
}

/** `2m 10s: stage 1m 50s, check 3s, commit 12s, publish 5s`. */
function tookText({ startedAt, closedAt }: RunOverview, last: Attempt | undefined): string {
  if (startedAt === null) return '';
  const stages = (last?.stages ?? []).map(({ stage, ms }) => `${stage} ${humanDuration(ms)}`).join(', ');
  const whole = closedAt === null ? '' : humanDuration(closedAt - startedAt);
  return [whole, stages].filter((text) => text !== '').join(': ');
}
