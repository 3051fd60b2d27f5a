// Metrics from the log: the events of runs and stages are there already, each once.

import type { Log, LogFacts } from '../../core/log.ts';
import type { Metrics } from './metrics.ts';

const ROWS = ['read', 'refused', 'inserted', 'changed', 'unchanged', 'duplicates', 'removed', 'kept'] as const;
/** Only stage events of runs have durations. */
const STAGE = /^run\.([a-z]+)$/;
const OUTCOME = /^run\.(completed|failed|discarded|snoozed|interrupted)$/;

/** The same log, with its events counted. */
export function countedLog(log: Log, metrics: Metrics): Log {
  const counting =
    (level: keyof Log) =>
    (event: string, facts: LogFacts = {}): void => {
      log[level](event, facts);
      count(metrics, event, facts);
      if (level === 'warn' || level === 'error') metrics.count('millrace_problems_total', { level, event });
    };
  return { debug: counting('debug'), info: counting('info'), warn: counting('warn'), error: counting('error') };
}

function count(metrics: Metrics, event: string, facts: LogFacts): void {
  const view = textOf(facts['view']);
  const outcome = OUTCOME.exec(event)?.[1];
  if (outcome !== undefined) metrics.count('millrace_runs_total', { view, outcome, code: textOf(facts['code']) });
  if (event === 'run.completed') countRows(metrics, view, facts);
  const [, stage] = STAGE.exec(event) ?? [];
  if (stage !== undefined && typeof facts['ms'] === 'number') {
    metrics.observe('millrace_stage_seconds', { stage }, facts['ms'] / 1_000);
  }
}

function countRows(metrics: Metrics, view: string, facts: LogFacts): void {
  for (const outcome of ROWS) {
    const rows = facts[outcome];
    if (typeof rows === 'number' && rows > 0) metrics.count('millrace_rows_total', { view, outcome }, rows);
  }
}

const textOf = (fact: LogFacts[string] | undefined) => (typeof fact === 'string' ? fact : '');
