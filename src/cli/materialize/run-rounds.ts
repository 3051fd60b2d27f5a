// The results of several rounds of runs. Ended runs are kept only as sums: there may be millions.

import type { RunOverview } from '../../state/queries/run-overview.ts';
import { NO_COUNTS, type RunCounts } from '../../state/runs/run.ts';
import { isOver } from '../../state/runs/states.ts';
import { type ExitCode, exitCodeFor } from '../exit.ts';
import { runJson, sumCounts } from './run-summary.ts';

const RUNS_LISTED_MAX = 10_000;

/** The runs of all rounds so far, each counted once, by its state after its last round. */
export class Rounds {
  #done = 0;
  #failed = 0;
  /** Cancelled, or superseded. */
  #dropped = 0;
  #counts: RunCounts = NO_COUNTS;
  /** Runs that wait. */
  readonly #waiting = new Map<number, RunOverview>();
  /** Requested runs that did not end because the command was stopped. */
  readonly #unfinished = new Set<number>();
  readonly #listed = new Map<number, object>();

  /** Adds a round: the requested runs, and those of them that ended or wait. */
  add(asked: readonly number[], ended: readonly RunOverview[]): void {
    for (const id of asked) this.#unfinished.add(id);
    for (const run of ended) this.#addRun(run);
    this.#counts = sumCounts([{ counts: this.#counts }, ...ended.filter(({ state }) => state === 'done')]);
  }

  #addRun(run: RunOverview): void {
    this.#unfinished.delete(run.id);
    this.#waiting.delete(run.id);
    if (!isOver(run)) this.#waiting.set(run.id, run);
    else if (run.state === 'done') this.#done += 1;
    else if (run.state === 'failed') this.#failed += 1;
    else this.#dropped += 1;
    if (this.#listed.has(run.id) || this.#listed.size < RUNS_LISTED_MAX) this.#listed.set(run.id, runJson(run));
  }

  /** Runs that still wait after the last round, oldest first. */
  get waiting(): RunOverview[] {
    return [...this.#waiting.values()].sort((one, other) => one.id - other.id);
  }

  get exitCode(): ExitCode {
    const waiting = this.#waiting.size;
    const asked = this.#done + this.#failed + this.#dropped + waiting + this.#unfinished.size;
    return exitCodeFor({ asked, done: this.#done, waiting });
  }

  /** The same shape as for one round; of very many runs, only the first are listed. */
  toJson(): object {
    return {
      done: this.#done,
      failed: this.#failed,
      waiting: this.#waiting.size,
      counts: this.#counts,
      runs: [...this.#listed.values()],
    };
  }
}
