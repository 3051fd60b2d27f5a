// millrace dataset preview: shows the first rows of a training set without building it.

import type { Preview } from '../../datasets/preview.ts';
import type { FeatureValue } from '../../feature-types/index.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { stopOnSignals } from '../signals.ts';
import { requireDataset } from './build.ts';

type PreviewOptions = CommonOptions & { readonly rows: number };

const CHARACTERS_MAX = 40;
const ROWS_MAX = 2_000;

export function addDatasetPreview(cli: Cli, dataset: ReturnType<typeof addCommand>): void {
  addCommand(dataset, {
    usage: 'preview <name>',
    summary: 'Show the first rows of a training set without building it',
    examples: ['dataset preview churn', 'dataset preview churn --rows 100 --json'],
  })
    .option('--rows <n>', 'Show this many rows', wholeNumber(1, ROWS_MAX), 10)
    .action((name: string, _options: PreviewOptions, command: { optsWithGlobals(): PreviewOptions }) =>
      end(cli, preview(cli, name, command.optsWithGlobals())),
    );
}

async function preview(cli: Cli, name: string, options: PreviewOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const dataset = requireDataset(open.project.datasets, name);
  await requireState(open.app);
  const { previewDataset } = await import('../../datasets/preview.ts');
  using stop = stopOnSignals();
  const found = await previewDataset({ ...open.app, dataset, rows: options.rows, signal: stop.signal });
  if (options.json) cli.terminal.json({ name, rows: found.rows.map((row) => object(found, row)) });
  else if (found.rows.length === 0) cli.terminal.line(`${name} has no labels.`);
  else
    cli.terminal.table(
      [...found.columns],
      found.rows.map((row) => row.map(shown)),
    );
  return DONE;
}

function object({ columns }: Preview, row: readonly FeatureValue[]): object {
  return Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]));
}

function shown(value: FeatureValue): string {
  const text = value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text;
}
