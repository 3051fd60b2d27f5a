// The program: its commands in the order and groups of its help page.

import { Command, type Option } from 'commander';

import { addAlerts } from './alerts.ts';
import { addApply } from './apply.ts';
import { addBackfill } from './backfill.ts';
import { addBackfills } from './backfills.ts';
import type { Cli } from './command.ts';
import { addDashboard } from './dashboard.ts';
import { addDev } from './dev.ts';
import { addGet } from './get.ts';
import { addInit } from './init.ts';
import { addIntervals } from './intervals.ts';
import { addMigrate } from './migrate.ts';
import { addPause } from './pause.ts';
import { addPlan } from './plan.ts';
import { addQuarantine } from './quarantine.ts';
import { addRebuild } from './rebuild.ts';
import { addRestate } from './restate.ts';
import { addResume } from './resume.ts';
import { addRetry } from './retry.ts';
import { addRun } from './run.ts';
import { addRuns } from './runs.ts';
import { addScheduler } from './scheduler.ts';
import { addStatus } from './status.ts';
import { addValidate } from './validate.ts';
import { addVerify } from './verify.ts';
import { packageVersion } from './version.ts';
import { addWorker } from './worker.ts';

/** The groups of the help page, and what adds their commands. */
const GROUPS: readonly (readonly [string, readonly ((cli: Cli) => void)[]])[] = [
  ['Define', [addInit, addValidate, addPlan, addApply]],
  ['Materialize', [addRun, addBackfill, addBackfills, addRetry, addRestate, addRebuild]],
  ['Look', [addStatus, addRuns, addIntervals, addQuarantine, addGet, addVerify, addAlerts]],
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
  const isTold = defaultValue !== undefined && defaultValue !== false;
  return isTold ? `${description} (default: ${defaultValue})` : description;
}
