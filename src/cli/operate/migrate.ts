// millrace migrate: brings the tables of the state database up to date.

import { migrate } from '../../state/migrate.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject } from '../open.ts';

export function addMigrate(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'migrate',
    summary: 'Create or update the tables in Postgres',
    notes: ['apply, run, restate, scheduler, worker and dev also do this when they start.'],
    examples: ['migrate'],
  }).action((options: CommonOptions) => end(cli, migrateState(cli, options)));
}

async function migrateState(cli: Cli, options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const migrations = await migrate(open.app.database);
  if (options.json) cli.terminal.json({ migrations });
  else if (migrations.length === 0) cli.terminal.line('Nothing to do: the tables are up to date.');
  else for (const name of migrations) cli.terminal.line({ style: 'green', text: 'migrated' }, `  ${name}`);
  return DONE;
}
