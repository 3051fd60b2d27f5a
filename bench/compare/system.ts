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
  /** Performs all that is due of a view, one run at a time, and returns the runs as they ended. */
  materialize(name: string): Promise<Run[]>;
  /** Marks all that is covered as stale, so that the next `materialize` repeats it. */
  restate(): Promise<void>;
};

export type BenchSystemOptions = {
  readonly database: string;
  readonly redis: string;
  readonly changeStages?: (stages: readonly Stage[]) => readonly Stage[];
};

export async function openBenchSystem({ database, redis, ...options }: BenchSystemOptions): Promise<BenchSystem> {
  const limits = sourceLimits({ statementTimeoutMs: 600_000, memoryLimitMb: 256 });
  const app = openApp({
    folder: process.cwd(),
    connections: {
      offline: { url: database },
      online: { url: redis, prefix: 'mr' },
      queue: { url: redis, prefix: 'millrace' },
      sources: { shop: { url: database, ...limits } },
    },
    log: silentLog,
    ...options,
  });
  await migrate(app.database);
  const sql = (text: string) => app.database.run(text);
  return {
    app,
    sql,
    apply: async (view) => void (await deployViewRows(app.database, [fingerprinted(view)])),
    materialize: async (name) => {
      const applied = await requireAppliedView(app.database, name);
      const ended: Run[] = [];
      for (const id of await planDue(app.database, applied, 'manual', DEFAULT_RUN_OPTIONS)) {
        const outcome = await performRun(app.engine, id, new AbortController().signal);
        if (outcome.kind !== 'completed') throw new Error(`run ${id} ended ${JSON.stringify(outcome)}`);
        ended.push(outcome.value);
      }
      return ended;
    },
    restate: async () => void (await sql('update millrace.coverage set stale = covered')),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}
