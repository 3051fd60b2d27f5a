// millrace dataset: training sets. `dataset list` lists the defined sets and their builds.

import { shortInstant } from '../../presentation/format.ts';
import { type BuildOverview, buildOverviews } from '../../state/datasets/builds.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { addDatasetBuild } from './build.ts';
import { addDatasetPreview } from './preview.ts';
import { addDatasetVerify } from './verify.ts';

export function addDataset(cli: Cli): void {
  const dataset = addCommand(cli.program, {
    usage: 'dataset',
    summary: 'Build, preview, verify and list training sets',
    examples: ['dataset build churn --out file:./sets/churn', 'dataset list'],
  }).action(() => dataset.help());
  addDatasetBuild(cli, dataset);
  addDatasetPreview(cli, dataset);
  addDatasetVerify(cli, dataset);
  addDatasetList(cli, dataset);
}

type ListOptions = CommonOptions & { readonly limit: number };

function addDatasetList(cli: Cli, dataset: ReturnType<typeof addCommand>): void {
  addCommand(dataset, {
    usage: 'list',
    summary: 'List the defined training sets and their builds',
    examples: ['dataset list', 'dataset list --json'],
  })
    .option('--limit <n>', 'List at most this many builds', wholeNumber(1, 10_000), 20)
    .action((_options: ListOptions, command: { optsWithGlobals(): ListOptions }) =>
      end(cli, list(cli, command.optsWithGlobals())),
    );
}

async function list(cli: Cli, options: ListOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const builds = await buildOverviews(open.app.database, options.limit);
  const { datasets } = open.project;
  if (options.json) {
    const defined = datasets.map(({ name, description, start, end: until, views, format }) => ({
      name,
      description,
      start: new Date(start).toISOString(),
      end: new Date(until).toISOString(),
      views: views.map(({ view }) => view),
      format,
    }));
    cli.terminal.json({ datasets: defined, builds });
    return DONE;
  }
  if (datasets.length === 0) cli.terminal.line('No training sets are defined. Define one in datasets/NAME.yaml.');
  else {
    cli.terminal.table(
      ['DATASET', 'TIME', 'VIEWS', 'FORMAT'],
      datasets.map(({ name, start, end: until, views, format }) => [
        name,
        `[${shortInstant(start)}, ${shortInstant(until)})`,
        views.map(({ view }) => view).join(', '),
        format,
      ]),
    );
  }
  printBuilds(cli, builds);
  return DONE;
}

function printBuilds({ terminal }: Cli, builds: readonly BuildOverview[]): void {
  if (builds.length === 0) return;
  terminal.line();
  terminal.table(
    ['BUILD', 'DATASET', 'STATE', 'LABELS', 'PARTS', 'STARTED', 'ENDED', 'OUT'],
    builds.map(({ id, name, state, labels, parts, startedAt, endedAt, target }) => [
      String(id),
      name,
      state,
      labels === null ? '–' : String(labels),
      String(parts),
      startedAt,
      endedAt ?? '–',
      target,
    ]),
  );
}
