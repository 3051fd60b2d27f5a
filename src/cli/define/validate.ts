// millrace validate: checks the definitions. Needs no server and no environment variables.

import { checkDefinitions } from '../../definition/load.ts';
import { formatProblem, invalidDefinitions } from '../../definition/yaml/problem.ts';
import { unscheduled } from '../../plan/explain.ts';
import { counted } from '../../presentation/format.ts';
import { unscheduledSentence } from '../../presentation/next-run.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode, REFUSED } from '../exit.ts';
import { openProject, warnOfEnvFile } from '../open.ts';
import { checkerOfQueries, sourceKinds } from '../source-kinds.ts';
import { type ConnectResult, connectProblems } from './connect.ts';

export function addValidate(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'validate',
    summary: 'Check all definitions; needs no servers',
    notes: [
      'With --connect, each query is also prepared on its source, which checks its',
      'tables, columns and types. No rows are read, except the keys of lookup tables.',
    ],
    examples: ['validate', 'validate --project shop --json', 'validate --connect'],
  })
    .option('--connect', 'Also check each query against its source', false)
    .action((options: ValidateOptions) => end(cli, validate(cli, options)));
}

type ValidateOptions = CommonOptions & { readonly connect: boolean };

async function validate(cli: Cli, options: ValidateOptions): Promise<ExitCode> {
  const { terminal, clock } = cli;
  const { project, json } = options;
  const { definitions, problems, warnings } = await checkDefinitions(
    project,
    clock.now(),
    await sourceKinds(),
    await checkerOfQueries(clock),
  );
  const unscheduledViews = definitions === null ? [] : unscheduled(definitions.views, definitions.jobs);
  const connected = definitions === null || !options.connect ? NOT_CONNECTED : await connect(cli, options);
  if (json) {
    const counts = { views: definitions?.views.length ?? null, jobs: definitions?.jobs.length ?? null };
    const valid = definitions !== null && connected.exitCode === null;
    const all = { problems: [...problems, ...connected.problems], warnings: [...warnings, ...connected.unchecked] };
    terminal.json({ valid, ...counts, unscheduled: unscheduledViews, ...all });
    return definitions === null ? REFUSED : (connected.exitCode ?? DONE);
  }
  for (const warning of [...warnings, ...connected.unchecked])
    terminal.warn({ style: 'yellow', text: `warning: ${formatProblem(warning)}` });
  if (definitions === null) throw invalidDefinitions(problems);
  if (connected.exitCode !== null) {
    for (const problem of connected.problems) terminal.warn(formatProblem(problem));
    return connected.exitCode;
  }
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

const NOT_CONNECTED: ConnectResult = { problems: [], unchecked: [], exitCode: null };

/** Needs the variables of millrace.yaml. */
async function connect(cli: Cli, options: CommonOptions): Promise<ConnectResult> {
  await using open = await openProject(cli, options);
  return await connectProblems(cli, open);
}
