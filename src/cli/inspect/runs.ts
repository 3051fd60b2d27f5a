// millrace runs: lists the newest runs; `runs show` shows one in full.

import { InvalidArgumentError } from 'commander';
import { humanDuration } from '../../core/duration.ts';
import { didYouMean } from '../../definition/yaml/nearest.ts';
import { shortSpan } from '../../presentation/format.ts';
import { countsText, runStateText } from '../../presentation/runs/run-facts.ts';
import { type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { RUN_STATES, type RunState } from '../../state/runs/states.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { printRunProblems } from '../materialize/run-problems.ts';
import { openProject, requireApplied, requireState } from '../open.ts';
import { runJson, showRun } from './run-show.ts';

type RunsOptions = CommonOptions & { readonly state?: readonly RunState[]; readonly limit: number };

export function addRuns(cli: Cli): void {
  const runs = addCommand(cli.program, {
    usage: 'runs [view]',
    summary: 'List the newest runs, or show the details of one',
    notes: [`States: ${RUN_STATES.join(', ')}.`],
    examples: ['runs customer_orders --state failed', 'runs show 17'],
  })
    .option('--state <state>', 'List only runs in this state; repeatable', oneMoreState)
    .option('--limit <n>', 'List at most this many runs', wholeNumber(1, 100_000), 20)
    .action((view: string | undefined, options: RunsOptions) => end(cli, listRuns(cli, view, options)));
  addCommand(runs, {
    usage: 'show <id>',
    summary: 'Show the details of a run',
    notes: [
      'Shows the reason for the run, its counts, each attempt with its stages and',
      'error, what the run is waiting for, and what to do next.',
      'In JSON, `error` is null if the run eventually succeeded.',
    ],
    examples: ['runs show 17', 'runs show 17 --json'],
  }).action((id: string, _options: CommonOptions, command: { optsWithGlobals(): CommonOptions }) =>
    // Options before "show" are parsed by "runs".
    end(cli, showRun(cli, id, command.optsWithGlobals())),
  );
}

function oneMoreState(text: string, before: readonly RunState[] = []): readonly RunState[] {
  const state = RUN_STATES.find((one) => one === text);
  if (state !== undefined) return [...before, state];
  throw new InvalidArgumentError(`Expected one of ${RUN_STATES.join(', ')}${didYouMean(text, RUN_STATES) || '.'}`);
}

async function listRuns(cli: Cli, view: string | undefined, options: RunsOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  if (view !== undefined) await requireApplied(open.app, view);
  const states = options.state === undefined ? {} : { states: options.state };
  const runs = await runOverviews(open.app.database, { view: view ?? null, limit: options.limit, ...states });
  if (options.json) cli.terminal.json({ runs: runs.map(runJson) });
  else if (runs.length === 0) cli.terminal.line('No runs found.');
  else {
    cli.terminal.table(
      ['RUN', 'VIEW', 'SPAN', 'WHY', 'STATE', 'TOOK', 'ROWS'],
      runs.map((run) => [
        String(run.id),
        run.view,
        shortSpan(run.span),
        run.reason,
        runStateText(run),
        tookText(run),
        countsText(run.counts),
      ]),
    );
    printRunProblems(cli.terminal, runs);
  }
  return DONE;
}

function tookText({ startedAt, closedAt }: RunOverview): string {
  return startedAt === null || closedAt === null ? '–' : humanDuration(closedAt - startedAt);
}
