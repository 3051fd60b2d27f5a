// millrace audit: lists operations with their actors and outcomes.

import { actorText, factsText, outcomeText } from '../../presentation/audit.ts';
import { isoOf, utcText } from '../../presentation/format.ts';
import { type AuditRow, auditPage } from '../../state/audit.ts';
import { addCommand, type Cli, type CommonOptions, end, idOption, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireApplied, requireState } from '../open.ts';

type AuditOptions = CommonOptions & { readonly limit: number; readonly before?: number };

export function addAudit(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'audit [view]',
    summary: 'List operations and who requested them, newest first',
    notes: [
      'Lists retries, pauses, backfills, restatements, rebuilds and deployments,',
      'including refused ones, whether requested from the command line, the dashboard',
      'or the API, or made by a process when it started.',
    ],
    examples: ['audit', 'audit customer_orders --limit 100 --json'],
  })
    .option('--limit <n>', 'List at most this many operations', wholeNumber(1, 100_000), 20)
    .option('--before <id>', 'List only operations before this one', idOption)
    .action((view: string | undefined, options: AuditOptions) => end(cli, audit(cli, view, options)));
}

async function audit(cli: Cli, view: string | undefined, options: AuditOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  if (view !== undefined) await requireApplied(open.app, view);
  const { before = null, limit } = options;
  const rows = await auditPage(open.app.database, { view: view ?? null, before, limit });
  if (options.json) cli.terminal.json({ operations: rows.map((row) => ({ ...row, at: isoOf(row.at) })) });
  else if (rows.length === 0) cli.terminal.line('No operations have been recorded.');
  else cli.terminal.table(['ID', 'WHEN', 'WHO', 'WHAT', 'REQUEST', 'OUTCOME', 'RESULT'], rows.map(cells));
  return DONE;
}

function cells(row: AuditRow): string[] {
  const { id, at, verb, request, result } = row;
  return [String(id), utcText(at), actorText(row), verb, factsText(request), outcomeText(row), factsText(result)];
}
