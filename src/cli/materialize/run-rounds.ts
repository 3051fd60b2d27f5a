// How several rounds of runs ended together. Only their sums are kept: a past of minutes has millions of runs.

import { isOver, type RunOverview } from '../../state/queries/run-overview.ts';
import type { RunCounts } from '../../state/runs/run.ts';
import { DONE, ERROR, type ExitCode, PARTLY } from '../exit.ts';
import { exitCodeOf, runJson, sumCounts } from './run-summary.ts';

export type Round = {
  readonly code: ExitCode;
  readonly done: number;
  readonly failed: number;
  readonly waiting: number;
  readonly counts: RunCounts;
  /** The first of all rounds' runs, for scripts. */
  readonly runs: readonly object[];
};

const RUNS_LISTED_MAX = 10_000;

/** A round that follows others. */
export function roundOf(asked: number, ended: readonly RunOverview[], before: readonly Round[]): Round {
  const listed = before.reduce((runs, round) => runs + round.runs.length, 0);
  const done = ended.filter(({ state }) => state === 'done');
  return {
    code: exitCodeOf(asked, ended),
    done: done.length,
    failed: ended.filter(({ state }) => state === 'failed').length,
    waiting: ended.filter((run) => !isOver(run)).length,
    counts: sumCounts(done),
    runs: ended.slice(0, RUNS_LISTED_MAX - listed).map(runJson),
  };
}

/** 0 when all of every round is done, 1 when nothing is, else 2. */
export function exitCodeOfRounds(rounds: readonly Round[]): ExitCode {
  if (rounds.every(({ code }) => code === DONE)) return DONE;
  return rounds.every(({ code }) => code === ERROR) ? ERROR : PARTLY;
}

/** The same shape as of one round; of very many runs the first are listed. */
export function roundsJson(rounds: readonly Round[]): object {
  const sum = (what: 'done' | 'failed' | 'waiting') => rounds.reduce((total, round) => total + round[what], 0);
  return {
    done: sum('done'),
    failed: sum('failed'),
    waiting: sum('waiting'),
    counts: sumCounts(rounds),
    runs: rounds.flatMap(({ runs }) => runs),
  };
}
