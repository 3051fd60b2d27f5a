// The program: its commands in the order and groups of its help page.

import { Command, type Option } from 'commander';
import { addBackfill } from './backfill/backfill.ts';
import { addBackfills } from './backfill/backfills.ts';
import type { Cli } from './command.ts';
import { addDataset } from './datasets/dataset.ts';
import { addApply } from './define/apply.ts';
import { addInit } from './define/init.ts';
import { addPlan } from './define/plan.ts';
import { addValidate } from './define/validate.ts';
import { addAlerts } from './inspect/alerts.ts';
import { addAudit } from './inspect/audit.ts';
import { addGet } from './inspect/get.ts';
import { addIntervals } from './inspect/intervals.ts';
import { addQuarantine } from './inspect/quarantine.ts';
import { addRuns } from './inspect/runs.ts';
import { addStatus } from './inspect/status.ts';
import { addVerify } from './inspect/verify.ts';
import { addRebuild } from './materialize/rebuild.ts';
import { addRestate } from './materialize/restate.ts';
import { addRetry } from './materialize/retry.ts';
import { addRun } from './materialize/run.ts';
import { addDashboard } from './operate/dashboard.ts';
import { addDev } from './operate/dev.ts';
import { addMigrate } from './operate/migrate.ts';
import { addPause } from './operate/pause.ts';
import { addResume } from './operate/resume.ts';
import { addScheduler } from './operate/scheduler.ts';
import { addWorker } from './operate/worker.ts';
import { packageVersion } from './version.ts';

/** The groups of the help page, and what adds their commands. */
const GROUPS: readonly (readonly [string, readonly ((cli: Cli) => void)[]])[] = [
  ['Define', [addInit, addValidate, addPlan, addApply]],
  ['Materialize', [addRun, addBackfill, addBackfills, addRetry, addRestate, addRebuild]],
  ['Train', [addDataset]],
  ['Look', [addStatus, addRuns, addIntervals, addQuarantine, addGet, addVerify, addAlerts, addAudit]],
  ['Operate', [addPause, addResume, addMigrate, addScheduler, addWorker, addDashboard, addDev]],
];

export function buildProgram(parts: Omit<Cli, 'program'>): Cli {
  const program = new Command('millrace')
    .description('Computes features on a schedule: checked, stored in Postgres and Redis, never twice and never lost.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .exitOverride()
    // What commander would print itself comes as an error, and is told like every other.
    .configureOutput({ writeErr: () => {}, outputError: () => {}, writeOut: (text) => parts.terminal.help(text) })
    .helpCommand(false)
    .configureHelp({ subcommandTerm, optionDescription })
    .addHelpText(
      'after',
      [
        '',
        'You can write --project <dir>, --json and --debug before or after a command.',
        '',
        'Examples:',
        '  $ millrace init shop',
        '  $ millrace --project shop run customer_orders --here',
      ].join('\n'),
    );
  const cli: Cli = { ...parts, program };
  for (const [heading, adders] of GROUPS) {
    program.commandsGroup(`${heading}:`);
    for (const add of adders) add(cli);
  }
  return cli;
}

/** `run <view...>`: that every command has options is no news. */
function subcommandTerm(command: Command): string {
  const [, rest = ''] = command.usage().split(/\[options\] ?(?:\[command\] ?)?/);
  return `${command.name()} ${rest}`.trim();
}

function optionDescription({ description, defaultValue }: Option): string {
  const isTold = defaultValue !== undefined && defaultValue !== false && !Array.isArray(defaultValue);
  return isTold ? `${description} (default: ${defaultValue})` : description;
}
