// millrace runs show: shows a run in full.

import type { App } from '../../app.ts';
import { textOf } from '../../core/message.ts';
import { isoOf, isoSpan, utcText } from '../../presentation/format.ts';
import { runFacts } from '../../presentation/runs/run-facts.ts';
import { historyLines } from '../../presentation/runs/run-history.ts';
import { nextStep } from '../../presentation/runs/run-next.ts';
import { recordSentence } from '../../presentation/runs/run-record.ts';
import { waitingForText, waitText } from '../../presentation/runs/waits.ts';
import { type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { runRecord } from '../../state/retention/run-record.ts';
import { attemptsOf, type RunEntry, runHistory } from '../../state/runs/history.ts';
import type { Cli, CommonOptions } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { idArgument, unknownId } from '../id-argument.ts';
import { openProject, requireState } from '../open.ts';
import type { Terminal } from '../output/terminal.ts';

export async function showRun(cli: Cli, idText: string, options: CommonOptions): Promise<ExitCode> {
  const id = idArgument(idText, 'run');
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const { database } = open.app;
  const [run] = await runOverviews(database, { ids: [id] });
  if (run === undefined) return await showRecord(cli, open.app, id, options);
  const history = await runHistory(database, id);
  if (options.json) cli.terminal.json(shownJson(run, history));
  else print(cli.terminal, run, history);
  return DONE;
}

/** Shows the record of a run that was deleted after the retention period. */
async function showRecord(cli: Cli, { database }: App, id: number, { json }: CommonOptions): Promise<ExitCode> {
  const record = await runRecord(database, id);
  if (record === null) throw unknownId(id, 'run');
  const { span, committedAt } = record;
  if (json) cli.terminal.json({ ...record, span: isoSpan(span), committedAt: isoOf(committedAt), isDeleted: true });
  else cli.terminal.line(recordSentence(record));
  return DONE;
}

function print(terminal: Terminal, run: RunOverview, history: readonly RunEntry[]): void {
  for (const [name, value] of runFacts(run, history)) {
    terminal.line({ style: 'dim', text: name.padEnd(12) }, value);
  }
  terminal.line('');
  for (const { entry, text } of historyLines(history, run)) {
    terminal.line({ style: 'dim', text: utcText(entry.at) }, '  ', text);
  }
  terminal.line('');
  terminal.line(nextStep(run));
}

/** All times are ISO text, including those of the history and the attempts. */
function shownJson(run: RunOverview, history: readonly RunEntry[]): object {
  return {
    ...runJson(run),
    history: history.map((entry) => ({
      ...entry,
      at: isoOf(entry.at),
      ...('why' in entry ? { why: textOf(waitText(entry.why, null)), wait: entry.why } : {}),
      ...('until' in entry ? { until: isoOf(entry.until) } : {}),
      ...('last' in entry && entry.last !== undefined ? { last: isoOf(entry.last) } : {}),
    })),
    attempts: attemptsOf(history).map((attempt) => ({
      ...attempt,
      startedAt: isoOf(attempt.startedAt),
      stages: attempt.stages.map((stage) => ({ ...stage, endedAt: isoOf(stage.endedAt) })),
    })),
    nextStep: textOf(nextStep(run)),
  };
}

export function runJson(run: RunOverview): object {
  return {
    ...run,
    waitingFor: waitingForText(run),
    span: isoSpan(run.span),
    leaseUntil: isoOf(run.leaseUntil),
    nextAttemptAt: isoOf(run.nextAttemptAt),
    plannedAt: isoOf(run.plannedAt),
    startedAt: isoOf(run.startedAt),
    committedAt: isoOf(run.committedAt),
    closedAt: isoOf(run.closedAt),
  };
}
