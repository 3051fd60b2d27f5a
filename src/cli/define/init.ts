// millrace init: creates a small project that is ready to run.

import { initProject } from '../../init/init.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';

export function addInit(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'init [folder]',
    summary: 'Create a small project with an example view',
    notes: ['Existing files are not overwritten.'],
    examples: ['init shop', 'init --project shop'],
  }).action((folder: string | undefined, options: CommonOptions) => end(cli, init(cli, folder, options)));
}

async function init({ terminal }: Cli, folder: string | undefined, options: CommonOptions): Promise<ExitCode> {
  const target = folder ?? options.project;
  const files = await initProject(target);
  if (options.json) {
    terminal.json({ folder: target, files });
    return DONE;
  }
  for (const file of files) terminal.line({ style: 'green', text: 'wrote' }, `  ${file}`);
  const project = target === '.' ? '' : ` --project ${target}`;
  terminal.line('');
  terminal.line(`Next: millrace validate${project}, then millrace dev --local${project}`);
  return DONE;
}
