// millrace quarantine: refused rows by reason and field with examples, or one by one.

import { count, counted } from '../../presentation/format.ts';
import { type RefusalGroup, type RefusalGroups, refusalGroups } from '../../state/queries/refusal-groups.ts';
import { type QuarantinedRow, quarantinedRows } from '../../state/runs/quarantine.ts';
import { addCommand, type Cli, type CommonOptions, end, idOption, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireApplied } from '../open.ts';

type QuarantineOptions = CommonOptions & { readonly run?: number; readonly rows: boolean; readonly limit: number };

const ROW_CHARACTERS_MAX = 100;

export function addQuarantine(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'quarantine <view>',
    summary: 'Show refused rows by reason and field, with examples',
    notes: [
      'Up to 100 rows are stored per run and reason; pushed rows are all stored.',
      'Values are cut after 500 characters.',
      '"millrace runs show ID" shows the total counts.',
    ],
    examples: ['quarantine customer_orders', 'quarantine customer_orders --run 17 --rows --limit 100'],
  })
    .option('--run <id>', 'Show only rows of this run', idOption)
    .option('--rows', 'List the rows instead of groups', false)
    .option('--limit <n>', 'List at most this many rows', wholeNumber(1, 100_000), 20)
    .action((view: string, options: QuarantineOptions) => end(cli, quarantine(cli, view, options)));
}

async function quarantine(cli: Cli, name: string, options: QuarantineOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { database } = open.app;
  const applied = await requireApplied(open.app, name);
  const run = options.run ?? null;
  if (options.json) {
    const rows = await quarantinedRows(database, applied.id, { runId: run, limit: options.limit });
    const { groups } = await refusalGroups(database, { view: name, run });
    cli.terminal.json({ view: name, groups: groups.map(({ view: _, ...group }) => group), rows });
  } else if (options.rows)
    printRows(cli, name, await quarantinedRows(database, applied.id, { runId: run, limit: options.limit }));
  else printGroups(cli, name, await refusalGroups(database, { view: name, run }));
  return DONE;
}

function printRows({ terminal }: Cli, view: string, rows: readonly QuarantinedRow[]): void {
  if (rows.length === 0) terminal.line(noneText(view));
  else terminal.table(['RUN', 'REASON', 'DETAIL', 'ROW'], rows.map(cells));
}

function printGroups({ terminal }: Cli, view: string, { groups, ofRows, isAll }: RefusalGroups): void {
  if (groups.length === 0) {
    terminal.line(noneText(view));
    return;
  }
  terminal.table(['REASON', 'FIELD', 'ROWS', 'RUNS', 'NEWEST RUN', 'EXAMPLE'], groups.map(groupCells));
  terminal.line('');
  const them = ofRows === 1 ? 'it' : 'them';
  const kept = isAll
    ? `${counted(ofRows, 'row')} in quarantine`
    : `Based on the newest ${counted(ofRows, 'row')} in quarantine`;
  terminal.line(`${kept}. To list ${them}: millrace quarantine ${view} --rows`);
}

function noneText(view: string): string {
  return `No rows of ${view} are in quarantine.`;
}

function groupCells({ reason, field, rows, runs, run, examples }: RefusalGroup): string[] {
  return [reason, field ?? '–', count(rows), count(runs), String(run), examples[0] ?? '–'];
}

function cells({ runId, reason, detail, row }: QuarantinedRow): string[] {
  const text = JSON.stringify(row);
  const shown = text.length > ROW_CHARACTERS_MAX ? `${text.slice(0, ROW_CHARACTERS_MAX)}…` : text;
  return [String(runId), reason, detail, shown];
}
