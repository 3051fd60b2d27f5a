import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { type Log, type LogFacts, silentLog } from '../../src/core/log.ts';
import { safe, text } from '../../src/core/message.ts';
import { countedLog } from '../../src/observe/metrics/from-log.ts';
import { openMetrics } from '../../src/observe/metrics/metrics.ts';
import type { Database } from '../../src/postgres/database.ts';
import { performJob } from '../../src/queue/delivery/perform-job.ts';
import type { Queues } from '../../src/queue/queues.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { performRun } from '../../src/run/perform.ts';
import { NO_COUNTS, type Run } from '../../src/state/runs/run.ts';
import { at, view } from '../support/views.ts';
import { openQueueWorld } from './world.ts';

/** The log of a job with this outcome. None of these is delivered again, so no server is needed. */
async function loggedOf(outcome: Outcome<Run>): Promise<[string, string, LogFacts | undefined][]> {
  const logged: [string, string, LogFacts | undefined][] = [];
  const at = (level: keyof Log) => (event: string, facts?: LogFacts) => void logged.push([level, event, facts]);
  const log = { ...silentLog, info: at('info'), warn: at('warn'), error: at('error') };
  const database: unknown = { query: async () => [{ name: 'spend' }] }; // asked for the name of the run's view
  const options = { log, perform: async () => outcome, database: database as Database };
  const job = { data: { run: 17, delivery: 2 } };
  await performJob(options, UNASKED as Queues, job, AbortSignal.timeout(5_000)).catch(() => {});
  // The state of the run is not tested here.
  return logged.slice(0, 1);
}

const UNASKED: unknown = null;
const NEVER = new AbortController().signal;

describe('performJob', () => {
  test('logs the row counts', async () => {
    const counts = {
      ...NO_COUNTS,
      read: 9,
      accepted: 7,
      refused: 2,
      inserted: 3,
      changed: 2,
      unchanged: 1,
      duplicates: 1,
    };
    const run = { id: 17, view: view({ name: 'spend' }), state: 'done', counts } as Run;

    expect(await loggedOf({ kind: 'completed', value: run })).toEqual([
      [
        'info',
        'run.completed',
        {
          run: 17,
          delivery: 2,
          view: 'spend',
          state: 'done',
          read: 9,
          refused: 2,
          inserted: 3,
          changed: 2,
          unchanged: 1,
          duplicates: 1,
          removed: 0,
          kept: 0,
        },
      ],
    ]);
  });

  test('counts a run once although its job arrives twice', async () => {
    await using world = await openQueueWorld();
    const { app } = world.system;
    await world.system.apply(view({ end: at('2026-01-02') }));
    const [run = 0] = await world.system.plan('spend');
    using metrics = openMetrics({ kind: 'worker', version: '1.2.3' });
    const log = countedLog(world.log, metrics);
    const perform = (id: number, signal: AbortSignal) => performRun(app.engine, id, signal);
    const performed = async (delivery: number) =>
      performJob({ database: app.database, log, perform }, world.queues, { data: { run, delivery } }, NEVER);

    expect([await performed(1), await performed(2)]).toEqual([
      { run, state: 'done' },
      { run, state: 'done' },
    ]);

    expect(world.log.said.map(({ event }) => event)).toEqual(['run.completed', 'run.skipped']);
    const { text } = await metrics.answer();
    expect(text).toContain('millrace_runs_total{view="spend",outcome="completed",code=""} 1');
    expect(text).toContain('millrace_rows_total{view="spend",outcome="inserted"} 2');
  });

  test('logs the code, the view and the message of a failure, and not its values', async () => {
    const failure = new Failure('CHECK_FAILED', text`Feature a of ${safe('spend')} is ${17.5}.`, { worst: 17.5 });
    const facts = { run: 17, delivery: 2, view: 'spend', code: 'CHECK_FAILED' };
    const message = 'Feature a of spend is [redacted].';

    expect(await loggedOf({ kind: 'discarded', failure })).toEqual([['error', 'run.discarded', { ...facts, message }]]);
    expect(await loggedOf({ kind: 'failed', failure, delayMs: 10 })).toEqual([
      ['warn', 'run.failed', { ...facts, message, delayMs: 10 }],
    ]);
  });
});
