// millrace plan --sql: the SQL that declared features and pivots are compiled to.

import { partsView } from '../../definition/declared/parts.ts';
import { loadProject } from '../../definition/project.ts';
import type { SqlDialect } from '../../definition/query/sql-text.ts';
import { queryOf } from '../../definition/query/view-query.ts';
import type { Cli, CommonOptions } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { sourceKinds } from '../source-kinds.ts';
import { sourceDialects } from './source-dialect.ts';

type CompiledSql = { readonly view: string; readonly dialect: SqlDialect; readonly sql: string };

/** Needs the variables of the sources, which name their kinds, but no server. */
export async function planSql(cli: Cli, { project: folder, json }: CommonOptions): Promise<ExitCode> {
  const project = await loadProject(folder, cli.env, cli.clock.now(), await sourceKinds());
  // A run of an incremental view reads the parts, so their query is the one that reaches the source.
  const views = project.views.flatMap((view) => [partsView(view) ?? view]);
  const dialectOf = await sourceDialects(project);
  const queries = views.flatMap((view) => {
    const dialect = dialectOf(view.source);
    const isCompiled = view.declared !== undefined || view.pivot !== undefined;
    const sql = isCompiled && dialect !== null ? queryOf(view, dialect) : null;
    return sql === null || dialect === null ? [] : [{ view: view.name, dialect, sql }];
  });
  if (json) cli.terminal.json({ sql: queries });
  else printSql(cli, queries);
  return DONE;
}

function printSql({ terminal }: Cli, queries: readonly CompiledSql[]): void {
  if (queries.length === 0) terminal.line('No view has `from` or `pivot`, so there is no generated SQL to show.');
  for (const { view, dialect, sql } of queries) {
    terminal.line({ style: 'dim', text: `-- ${view} (${dialect})` });
    for (const line of sql.split('\n')) terminal.line(line);
    terminal.line('');
  }
}
