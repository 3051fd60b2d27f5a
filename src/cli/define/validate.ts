// millrace validate: checks the definitions. Needs no server and no environment variables.

import { checkDefinitions } from '../../definition/load.ts';
import { formatProblem, invalidDefinitions } from '../../definition/yaml/problem.ts';
import { unscheduled } from '../../plan/explain.ts';
import { counted } from '../../presentation/format.ts';
import { unscheduledSentence } from '../../presentation/next-run.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode, REFUSED } from '../exit.ts';
import { warnOfEnvFile } from '../open.ts';
import { checkerOfQueries, sourceKinds } from '../source-kinds.ts';

export function addValidate(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'validate',
    summary: 'Check all definitions; needs no servers',
    examples: ['validate', 'validate --project shop --json'],
  }).action((options: CommonOptions) => end(cli, validate(cli, options)));
}

async function validate({ terminal, clock }: Cli, { project, json }: CommonOptions): Promise<ExitCode> {
  const { definitions, problems, warnings } = await checkDefinitions(
    project,
    clock.now(),
    await sourceKinds(),
    await checkerOfQueries(clock),
  );
  const unscheduledViews = definitions === null ? [] : unscheduled(definitions.views, definitions.jobs);
  if (json) {
    const counts = { views: definitions?.views.length ?? null, jobs: definitions?.jobs.length ?? null };
    terminal.json({ valid: definitions !== null, ...counts, unscheduled: unscheduledViews, problems, warnings });
    return definitions === null ? REFUSED : DONE;
  }
  for (const warning of warnings) terminal.warn({ style: 'yellow', text: `warning: ${formatProblem(warning)}` });
  if (definitions === null) throw invalidDefinitions(problems);
  const sources = Object.keys(definitions.config.sources).length;
  const all = [
    counted(definitions.views.length, 'view'),
    counted(definitions.jobs.length, 'job'),
    counted(sources, 'source'),
    ...(definitions.datasets.length === 0 ? [] : [counted(definitions.datasets.length, 'training set')]),
  ];
  terminal.line({ style: 'green', text: 'valid' }, `  ${definitions.project}: ${all.join(', ')}`);
  await warnOfEnvFile({ terminal }, definitions.folder, null);
  if (unscheduledViews.length > 0) terminal.warn({ style: 'yellow', text: unscheduledSentence(unscheduledViews) });
  return DONE;
}
