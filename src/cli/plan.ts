// millrace plan: what apply and the next ticks would do. Changes nothing.

import { ticksAfter } from '../definition/cron.ts';
import type { Job } from '../definition/job.ts';
import { addCommand, type Cli, type CommonOptions, end } from './command.ts';
import { DONE, type ExitCode, TO_APPLY } from './exit.ts';
import { counted, isoOf, isoSpan, localAndUtc, shortInstant, shortSpan } from './format.ts';
import { openProject } from './open.ts';
import { type PlannedView, plannedViews } from './planned-view.ts';
import type { Terminal, Text } from './terminal.ts';

type PlanOptions = CommonOptions & { readonly check: boolean };

export function addPlan(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'plan',
    summary: 'show what would happen; change nothing',
    notes: ['With --check the exit code is 4 when there is something to apply: for CI.'],
    examples: ['plan', 'plan --check --json'],
  })
    .option('--check', 'exit with 4 when there is something to apply', false)
    .action((options: PlanOptions) => end(cli, plan(cli, options)));
}

async function plan(cli: Cli, options: PlanOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const views = await plannedViews(open.app.database, open.defined);
  const ticks = open.project.jobs.map((job) => ({
    job,
    at: ticksAfter(job.cron, job.timezone, cli.clock.now(), 1)[0],
  }));
  const hasChanges = views.some(({ change }) => change !== 'unchanged');
  if (options.json) {
    cli.terminal.json({
      hasChanges,
      views: views.map(planJson),
      ticks: ticks.map(({ job, at }) => ({ job: job.name, timezone: job.timezone, next: isoOf(at ?? null) })),
    });
  } else {
    printViews(cli.terminal, views);
    printTicks(cli.terminal, ticks);
    // An edit is applied with its meaning, which is said above.
    if (views.some(({ change }) => change !== 'unchanged' && change !== 'edited')) {
      cli.terminal.line('');
      cli.terminal.line({ style: 'dim', text: 'Apply it with: millrace apply' });
    }
  }
  return hasChanges && options.check ? TO_APPLY : DONE;
}

const MARKS: Record<PlannedView['change'], Text> = {
  added: { style: 'green', text: '+ added' },
  returned: { style: 'green', text: '+ returned' },
  changed: { style: 'yellow', text: '~ changed' },
  edited: { style: 'red', text: '! edited' },
  retired: { style: 'yellow', text: '- retired' },
  unchanged: { style: 'dim', text: '  unchanged' },
};

function printViews(terminal: Terminal, views: readonly PlannedView[]): void {
  if (views.length === 0) {
    terminal.line('The project has no views.');
    return;
  }
  terminal.table(
    ['CHANGE', 'VIEW', 'DUE', 'SPAN'],
    views.map((view) => [MARKS[view.change], view.name, dueText(view), spanText(view)]),
  );
  for (const { name, change, coveredUnits } of views) {
    if (change !== 'edited') continue;
    terminal.line('');
    terminal.line(
      `${name}: its query or what else decides its rows was edited, and ${counted(coveredUnits, 'unit')} are stored.`,
    );
    terminal.line(`  millrace apply ${name} --restate        reads all of them again`);
    terminal.line(`  millrace apply ${name} --forward-only   keeps them; only new ones follow the edit`);
    terminal.line(`  millrace apply ${name} --equivalent     keeps them: the edit changes no row`);
  }
}

function dueText({ change, runs, units, lookbackUnits, skippedUnits, heldUnits, pausedReason }: PlannedView): string {
  if (change === 'retired') return 'never again; its rows stay';
  if (change === 'edited') return 'waits for your answer';
  const parts = [
    runs.length === 0 ? 'nothing' : `${counted(runs.length, 'run')}, ${counted(units, 'unit')}`,
    lookbackUnits === 0 ? '' : `${lookbackUnits} of them read again`,
    skippedUnits === 0 ? '' : `${counted(skippedUnits, 'unit')} skipped by catch_up`,
    heldUnits === 0 ? '' : `${counted(heldUnits, 'unit')} held`,
    pausedReason === null ? '' : 'paused',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function spanText({ runs }: PlannedView): string {
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return '';
  if (first === null || last === null) return shortSpan(null);
  return `[${shortInstant(first.start)}, ${shortInstant(last.end)})`;
}

function printTicks(
  terminal: Terminal,
  ticks: readonly { job: Job; at: Parameters<typeof isoOf>[0] | undefined }[],
): void {
  if (ticks.length === 0) return;
  terminal.line('');
  terminal.table(
    ['JOB', 'CRON', 'NEXT TICK', 'VIEWS'],
    ticks.map(({ job, at }) => [
      job.name,
      job.cron,
      at == null ? 'never' : localAndUtc(at, job.timezone),
      job.views.join(', '),
    ]),
  );
}

function planJson({ runs, ...view }: PlannedView): object {
  return { ...view, runs: runs.map(isoSpan) };
}
