// The program: its commands in the order and groups of its help page.

import { Command, type Option } from 'commander';
import { addBackfill } from './backfill/backfill.ts';
import { addBackfills } from './backfill/backfills.ts';
import type { Cli } from './command.ts';
import { addCompletion } from './completion/completion.ts';
import { addDataset } from './datasets/dataset.ts';
import { addApply } from './define/apply.ts';
import { addInit } from './define/init.ts';
import { addPlan } from './define/plan.ts';
import { addPreview } from './define/preview.ts';
import { addTest } from './define/test.ts';
import { addTypes } from './define/types.ts';
import { addValidate } from './define/validate.ts';
import { addAlerts } from './inspect/alerts.ts';
import { addAudit } from './inspect/audit.ts';
import { addGet } from './inspect/get.ts';
import { addIntervals } from './inspect/intervals.ts';
import { addProfile } from './inspect/profile.ts';
import { addQuarantine } from './inspect/quarantine.ts';
import { addRuns } from './inspect/runs.ts';
import { addStatus } from './inspect/status.ts';
import { addVerify } from './inspect/verify.ts';
import { addRebuild } from './materialize/rebuild.ts';
import { addRestate } from './materialize/restate.ts';
import { addRetry } from './materialize/retry.ts';
import { addRun } from './materialize/run.ts';
import { addApi } from './operate/api.ts';
import { addDashboard } from './operate/dashboard.ts';
import { addDev } from './operate/dev.ts';
import { addMigrate } from './operate/migrate.ts';
import { addPause } from './operate/pause.ts';
import { addResume } from './operate/resume.ts';
import { addScheduler } from './operate/scheduler.ts';
import { addWorker } from './operate/worker.ts';
import { versionText } from './version.ts';

/** The groups of the help page, with the functions that add their commands. */
const GROUPS: readonly (readonly [string, readonly ((cli: Cli) => void)[]])[] = [
  ['Define', [addInit, addValidate, addPreview, addTest, addPlan, addApply, addTypes]],
  ['Materialize', [addRun, addBackfill, addBackfills, addRetry, addRestate, addRebuild]],
  ['Train', [addDataset]],
  ['Inspect', [addStatus, addRuns, addIntervals, addProfile, addQuarantine, addGet, addVerify, addAlerts, addAudit]],
  ['Operate', [addPause, addResume, addMigrate, addScheduler, addWorker, addDashboard, addApi, addDev, addCompletion]],
];

export function buildProgram(parts: Omit<Cli, 'program'>): Cli {
  const program = new Command('millrace')
    .description('Compute features on a schedule, check every row, and store them in Postgres and Redis.')
    .version(versionText(), '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show this help')
    .exitOverride()
    // Commander's own errors are thrown, and reported like all others.
    .configureOutput({ writeErr: () => {}, outputError: () => {}, writeOut: (text) => parts.terminal.help(text) })
    .helpCommand(false)
    .configureHelp({ subcommandTerm, optionDescription })
    .addHelpText(
      'after',
      [
        '',
        '--project <dir>, --json and --debug may come before or after the command.',
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

/** `run <view...>`, without `[options]`, which every command has. */
function subcommandTerm(command: Command): string {
  const [, rest = ''] = command.usage().split(/\[options\] ?(?:\[command\] ?)?/);
  return `${command.name()} ${rest}`.trim();
}

function optionDescription({ description, defaultValue }: Option): string {
  const isShown = defaultValue !== undefined && defaultValue !== false && !Array.isArray(defaultValue);
  return isShown ? `${description} (default: ${defaultValue})` : description;
}
