// A worker process for fault tests: the real worker, with stops between the stages of a run.
//
// One variable configures it. At its stop it prints `at before stage`, `at after stage` … and waits: to be killed, or
// for a line on stdin that continues it.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openApp } from '../../../src/app.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { Connections } from '../../../src/definition/connections/connections.ts';
import { startProjectWorker } from '../../../src/processes/processes.ts';
import type { Stage } from '../../../src/run/stage.ts';
import type { SettingsChanges } from '../../../src/settings.ts';

export type Stop = { readonly when: 'before' | 'after'; readonly stage: string };

export type WorkerOrders = {
  readonly connections: Connections;
  readonly settings: SettingsChanges;
  readonly stop: Stop | null;
  /** A view whose runs kill the worker that stages them. */
  readonly poison: string | null;
};

const orders: WorkerOrders = JSON.parse(process.env['MILLRACE_TEST_ORDERS'] ?? '{}');
const lines = createInterface({ input: process.stdin });
// The parent has ended: an aborted test run leaves no worker behind.
lines.once('close', () => process.exit(1));

async function pause(words: string): Promise<void> {
  process.stdout.write(`at ${words}\n`);
  await once(lines, 'line');
}

function withStop(stages: readonly Stage[]): readonly Stage[] {
  const { stop } = orders;
  if (stop === null) return stages;
  return stages.map((stage) => {
    if (stage.name !== stop.stage) return stage;
    return {
      name: stage.name,
      perform: async (run, signal) => {
        if (stop.when === 'before') await pause(`before ${stage.name}`);
        const performed = await stage.perform(run, signal);
        if (stop.when === 'after') await pause(`after ${stage.name}`);
        return performed;
      },
    };
  });
}

function withPoison(stages: readonly Stage[]): readonly Stage[] {
  return stages.map((stage) => {
    if (stage.name !== 'extract') return stage;
    return {
      name: stage.name,
      perform: async (run, signal) => {
        if (run.view.name === orders.poison) process.kill(process.pid, 'SIGKILL');
        return stage.perform(run, signal);
      },
    };
  });
}

// The worker reports the end of each run, with any outcome, so that a test knows when to check.
const say = (event: string) => {
  if (/^run\.(completed|snoozed|interrupted|failed|discarded)$/.test(event)) process.stdout.write('settled\n');
};
const log = { ...silentLog, info: say, warn: say, error: say };

{
  await using app = openApp({
    folder: process.cwd(),
    connections: orders.connections,
    settings: orders.settings,
    log,
    changeStages: (stages) => withStop(withPoison(stages)),
  });
  await using worker = await startProjectWorker(app, { version: 'test', concurrency: 2 });
  process.stdout.write('ready\n');
  await Promise.race([once(process, 'SIGTERM'), worker.broken]);
}
// Like the command.
process.exit(0);
