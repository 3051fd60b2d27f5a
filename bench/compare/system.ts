// A system for benches: private servers, the source and both stores in them, and the engine of one worker.

import { type App, openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { performRun } from '../../src/run/perform.ts';
import type { Stage } from '../../src/run/stage.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS, type Run } from '../../src/state/runs/run.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import { fingerprinted } from '../../test/support/views.ts';

export type BenchSystem = AsyncDisposable & {
  readonly app: App;
  /** Runs SQL in the source database, which is also the offline one. */
  sql(text: string): Promise<number>;
  apply(view: FeatureView): Promise<void>;
  /** Plans all that is due of a view. */
  plan(name: string): Promise<number[]>;
  /** Performs runs, one at a time, and returns them as they ended. */
  perform(runs: readonly number[]): Promise<Run[]>;
  /** Both. */
  materialize(name: string): Promise<Run[]>;
  /** Marks all that is covered as stale, so that the next `materialize` repeats it. */
  restate(): Promise<void>;
};

export type BenchSystemOptions = {
  readonly database: string;
  readonly redis: string;
  /** Limits the online writes. */
  readonly rowsPerSecond?: number;
  readonly changeStages?: (stages: readonly Stage[]) => readonly Stage[];
};

export async function openBenchSystem({
  database,
  redis,
  rowsPerSecond,
  ...options
}: BenchSystemOptions): Promise<BenchSystem> {
  const limits = sourceLimits({ statementTimeoutMs: 600_000, memoryLimitMb: 256 });
  const app = openApp({
    folder: process.cwd(),
    connections: {
      offline: { url: database },
      online: { url: redis, prefix: 'mr', ...(rowsPerSecond === undefined ? {} : { rowsPerSecond }) },
      queue: { url: redis, prefix: 'millrace' },
      sources: { shop: { url: database, ...limits } },
    },
    log: silentLog,
    ...options,
  });
  await migrate(app.database);
  const sql = (text: string) => app.database.run(text);
  const plan = async (name: string) =>
    planDue(app.database, await requireAppliedView(app.database, name), 'manual', DEFAULT_RUN_OPTIONS);
  const perform = async (runs: readonly number[]) => {
    const ended: Run[] = [];
    for (const id of runs) {
      const outcome = await performRun(app.engine, id, new AbortController().signal);
      if (outcome.kind !== 'completed') throw new Error(`run ${id} ended ${JSON.stringify(outcome)}`);
      ended.push(outcome.value);
    }
    return ended;
  };
  return {
    app,
    sql,
    apply: async (view) => void (await deployViewRows(app.database, [fingerprinted(view)])),
    plan,
    perform,
    materialize: async (name) => perform(await plan(name)),
    restate: async () => void (await sql('update millrace.coverage set stale = covered')),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}
