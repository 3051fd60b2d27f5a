// How the runs of several rounds ended together. Of those that are over only sums are kept: a past of minutes has millions.

import type { RunOverview } from '../../state/queries/run-overview.ts';
import { NO_COUNTS, type RunCounts } from '../../state/runs/run.ts';
import { isOver } from '../../state/runs/states.ts';
import { type ExitCode, exitCodeFor } from '../exit.ts';
import { runJson, sumCounts } from './run-summary.ts';

const RUNS_LISTED_MAX = 10_000;

/** The runs of all rounds so far, each counted once: by how its last round left it. */
export class Rounds {
  #done = 0;
  #failed = 0;
  /** Cancelled, or superseded. */
  #dropped = 0;
  #counts: RunCounts = NO_COUNTS;
  /** Those that wait, and those that were asked for and did not end, because the command was stopped. */
  readonly #waiting = new Map<number, RunOverview>();
  readonly #withoutPeriod = new Set<number>();
  readonly #listed = new Map<number, object>();

  /** Adds a round: the runs that were asked for, and those of them that are over or wait. */
  add(asked: readonly number[], ended: readonly RunOverview[]): void {
    for (const id of asked) this.#withoutPeriod.add(id);
    for (const run of ended) this.#addRun(run);
    this.#counts = sumCounts([{ counts: this.#counts }, ...ended.filter(({ state }) => state === 'done')]);
  }

  #addRun(run: RunOverview): void {
    this.#withoutPeriod.delete(run.id);
    this.#waiting.delete(run.id);
    if (!isOver(run)) this.#waiting.set(run.id, run);
    else if (run.state === 'done') this.#done += 1;
    else if (run.state === 'failed') this.#failed += 1;
    else this.#dropped += 1;
    if (this.#listed.has(run.id) || this.#listed.size < RUNS_LISTED_MAX) this.#listed.set(run.id, runJson(run));
  }

  /** Those that nothing of a later round has brought to an end, oldest first. */
  get waiting(): RunOverview[] {
    return [...this.#waiting.values()].sort((one, other) => one.id - other.id);
  }

  get exitCode(): ExitCode {
    const waiting = this.#waiting.size;
    const asked = this.#done + this.#failed + this.#dropped + waiting + this.#withoutPeriod.size;
    return exitCodeFor({ asked, done: this.#done, waiting });
  }

  /** The same shape as of one round; of very many runs the first are listed. */
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
