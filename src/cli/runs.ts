// millrace runs: the newest runs, and one of them in full.

import { humanDuration } from '../core/duration.ts';
import { Failure } from '../core/failure.ts';
import { type EpochMs, formatInstant } from '../core/instant.ts';
import { type RunOverview, runOverviews } from '../state/overview.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from './command.ts';
import { DONE, type ExitCode } from './exit.ts';
import { isOver, isWaiting } from './follow.ts';
import { isoOf, isoSpan, shortSpan } from './format.ts';
import { openProject, requireApplied, requireState } from './open.ts';
import { countsText } from './run-summary.ts';
import { printTroubles } from './run-trouble.ts';
import type { Terminal, Text } from './terminal.ts';

type RunsOptions = CommonOptions & { readonly failed: boolean; readonly limit: number };

export function addRuns(cli: Cli): void {
  const runs = addCommand(cli.program, {
    usage: 'runs [view]',
    summary: 'list the newest runs; show one in full',
    examples: ['runs customer_orders --failed', 'runs show 17'],
  })
    .option('--failed', 'only failed runs', false)
    .option('--limit <n>', 'at most so many', wholeNumber(1, 100_000), 20)
    .action((view: string | undefined, options: RunsOptions) => end(cli, listRuns(cli, view, options)));
  addCommand(runs, {
    usage: 'show <id>',
    summary: 'tell all of one run',
    notes: ['In JSON, `error` is of the newest failed attempt; null where the run was done all the same.'],
    examples: ['runs show 17', 'runs show 17 --json'],
  }).action((id: string, _options: CommonOptions, command: { optsWithGlobals(): CommonOptions }) =>
    // Options given before "show" are those of "runs".
    end(cli, showRun(cli, id, command.optsWithGlobals())),
  );
}

async function listRuns(cli: Cli, view: string | undefined, options: RunsOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  if (view !== undefined) await requireApplied(open.app, view);
  const states = options.failed ? { states: ['failed' as const] } : {};
  const runs = await runOverviews(open.app.database, { view: view ?? null, limit: options.limit, ...states });
  if (options.json) cli.terminal.json({ runs: runs.map(runJson) });
  else if (runs.length === 0) cli.terminal.line('There are no such runs.');
  else {
    cli.terminal.table(
      ['RUN', 'VIEW', 'SPAN', 'WHY', 'STATE', 'TOOK', 'ROWS'],
      runs.map((run) => [
        String(run.id),
        run.view,
        shortSpan(run.span),
        run.reason,
        stateText(run),
        tookText(run),
        countsText(run.counts),
      ]),
    );
    printTroubles(cli.terminal, runs);
  }
  return DONE;
}

function stateText(run: RunOverview): Text {
  if (run.state === 'done') return { style: 'green', text: 'done' };
  if (isOver(run)) return { style: 'red', text: run.state };
  return { style: 'yellow', text: isWaiting(run) ? 'waits' : run.state };
}

function tookText({ startedAt, closedAt }: RunOverview): string {
  return startedAt === null || closedAt === null ? '–' : humanDuration(closedAt - startedAt);
}

async function showRun(cli: Cli, idText: string, options: CommonOptions): Promise<ExitCode> {
  const id = /^\d{1,15}$/.test(idText) ? Number(idText) : null;
  if (id === null) {
    throw new Failure(
      'ARGUMENT_INVALID',
      `"${idText}" is no id of a run: expected a number; "millrace runs" lists them.`,
    );
  }
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const [run] = await runOverviews(open.app.database, { ids: [id] });
  if (run === undefined) throw new Failure('NOT_FOUND', `There is no run ${id}: "millrace runs" lists them.`);
  if (options.json) cli.terminal.json(runJson(run));
  else print(cli.terminal, run);
  return DONE;
}

function print(terminal: Terminal, run: RunOverview): void {
  const time = (instant: EpochMs | null) => (instant === null ? '–' : formatInstant(instant));
  const refused = Object.entries(run.counts.refusedBy).map(([reason, rows]) => `${reason} ${rows}`);
  const facts: [string, Text][] = [
    ['run', `${run.id}  ${run.view}  ${shortSpan(run.span)}`],
    ['why', run.reason],
    ['state', stateText(run)],
    ['stage', run.stage],
    ['attempt', `${run.attempt} of ${run.attemptsMax}`],
    ['counts', countsText(run.counts)],
    ['refused', refused.length === 0 ? '–' : refused.join(', ')],
    ['planned', time(run.plannedAt)],
    ['started', time(run.startedAt)],
    ['committed', time(run.committedAt)],
    ['closed', time(run.closedAt)],
  ];
  if (run.owner !== null && !isOver(run)) facts.push(['owner', run.owner], ['lease until', time(run.leaseUntil)]);
  // What it waits for is mostly its error, which is told below.
  if (isWaiting(run) && run.waitingFor !== run.error?.message) facts.push(['waits for', run.waitingFor ?? '']);
  if (run.nextAttemptAt !== null) facts.push(['next', time(run.nextAttemptAt)]);
  if (run.error !== null) facts.push(['error', { style: 'red', text: `${run.error.message} (${run.error.code})` }]);
  for (const note of run.notes) facts.push(['note', note]);
  for (const [name, value] of facts) terminal.line({ style: 'dim', text: name.padEnd(12) }, value);
}

function runJson(run: RunOverview): object {
  return {
    ...run,
    span: isoSpan(run.span),
    leaseUntil: isoOf(run.leaseUntil),
    nextAttemptAt: isoOf(run.nextAttemptAt),
    plannedAt: isoOf(run.plannedAt),
    startedAt: isoOf(run.startedAt),
    committedAt: isoOf(run.committedAt),
    closedAt: isoOf(run.closedAt),
  };
}
