// millrace quarantine: lists refused rows with their reasons.

import { type QuarantinedRow, quarantinedRows } from '../../state/runs/quarantine.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireApplied } from '../open.ts';

type QuarantineOptions = CommonOptions & { readonly run?: number; readonly limit: number };

const ROW_CHARACTERS_MAX = 100;

export function addQuarantine(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'quarantine <view>',
    summary: 'List refused rows with their reasons',
    notes: ['Only some rows are kept per reason; "millrace runs show ID" counts all rows.'],
    examples: ['quarantine customer_orders', 'quarantine customer_orders --run 17 --limit 100 --json'],
  })
    .option('--run <id>', 'List only rows of this run', wholeNumber(1, 9_999_999))
    .option('--limit <n>', 'List at most this many rows', wholeNumber(1, 100_000), 20)
    .action((view: string, options: QuarantineOptions) => end(cli, quarantine(cli, view, options)));
}

async function quarantine(cli: Cli, name: string, options: QuarantineOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { database } = open.app;
  const applied = await requireApplied(open.app, name);
  const rows = await quarantinedRows(database, applied.id, { runId: options.run ?? null, limit: options.limit });
  if (options.json) cli.terminal.json({ view: name, rows });
  else if (rows.length === 0) cli.terminal.line(`No refused rows of ${name} are kept.`);
  else cli.terminal.table(['RUN', 'REASON', 'DETAIL', 'ROW'], rows.map(cells));
  return DONE;
}

function cells({ runId, reason, detail, row }: QuarantinedRow): string[] {
  const text = JSON.stringify(row);
  const shown = text.length > ROW_CHARACTERS_MAX ? `${text.slice(0, ROW_CHARACTERS_MAX)}…` : text;
  return [String(runId), reason, detail, shown];
}
