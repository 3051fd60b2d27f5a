// millrace dataset build: builds a training set and prints its contents.

import { humanDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { BuildProgress } from '../../datasets/building.ts';
import type { Receipt } from '../../datasets/receipt.ts';
import type { Dataset } from '../../definition/dataset.ts';
import { didYouMean } from '../../definition/yaml/nearest.ts';
import { count, counted } from '../../presentation/format.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { stopOnSignals } from '../signals.ts';
import { packageVersion } from '../version.ts';
import { placeOptions } from './places.ts';

type BuildOptions = CommonOptions & { readonly out: string };

export function addDatasetBuild(cli: Cli, dataset: ReturnType<typeof addCommand>): void {
  addCommand(dataset, {
    usage: 'build <name>',
    summary: 'Join labels with the features that were known at the time of each label',
    notes: [
      'An interrupted build resumes when you run the command again.',
      'The set appears only when it is complete, with _receipt.json next to its files.',
    ],
    examples: ['dataset build churn --out file:./sets/churn', 'dataset build churn --out s3://ml/churn/1'],
  })
    .requiredOption('--out <location>', 'Write the set to this folder, s3:// URL or abfss:// URL')
    .action((name: string, _options: BuildOptions, command: { optsWithGlobals(): BuildOptions }) =>
      end(cli, build(cli, name, command.optsWithGlobals())),
    );
}

/** @throws Failure NOT_FOUND with the most similar name */
export function requireDataset(datasets: readonly Dataset[], name: string): Dataset {
  const found = datasets.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = datasets.map((one) => one.name);
  throw new Failure(
    'NOT_FOUND',
    text`There is no training set "${safe(name)}" in datasets/${safe(didYouMean(name, names))}.`,
  );
}

async function build(cli: Cli, name: string, options: BuildOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { app, project } = open;
  const dataset = requireDataset(project.datasets, name);
  await requireState(app);
  const { buildDataset } = await import('../../datasets/build.ts');
  const { openTarget } = await import('../../datasets/targets/open-target.ts');
  using stop = stopOnSignals();
  await using target = await openTarget(options.out, await placeOptions(open, options.out), stop.signal);
  const started = cli.clock.monotonicMs();
  const receipt = await buildDataset({
    ...app,
    dataset,
    target,
    owner: app.processId,
    leaseMs: app.settings.leaseMs,
    millrace: packageVersion(),
    signal: stop.signal,
    ...(options.json ? {} : { progress: progressOf(cli, started) }),
  });
  if (options.json) cli.terminal.json({ out: target.label, ...receipt });
  else print(cli, receipt, target.label, cli.clock.monotonicMs() - started);
  return DONE;
}

function progressOf({ terminal, clock }: Cli, started: number): BuildProgress {
  let left = 0;
  let done = 0;
  let beganMs = started;
  return {
    staging: () => terminal.line('reading labels'),
    planned: ({ labels, parts, kept }) => {
      left = parts - kept;
      beganMs = clock.monotonicMs();
      const resumed = kept === 0 ? '' : `, ${count(kept)} already written by the interrupted build`;
      terminal.line(`${counted(labels, 'label')} in ${counted(parts, 'part')}${resumed}`);
    },
    part: ({ file, rows: written }) => {
      done += 1;
      const eachMs = (clock.monotonicMs() - beganMs) / done;
      const rest = done < left ? `, about ${humanDuration(eachMs * (left - done))} left` : '';
      terminal.line(`  ${file}  ${counted(written, 'row')}  (${count(done)}/${count(left)}${rest})`);
    },
  };
}

function print({ terminal }: Cli, receipt: Receipt, out: string, ms: number): void {
  const files = counted(receipt.parts.length, 'file');
  terminal.line(
    { style: 'green', text: 'built' },
    `  ${receipt.name}: ${counted(receipt.rows, 'row')}, ${files} in ${humanDuration(ms)}`,
  );
  terminal.table(
    ['VIEW', 'FOUND', 'NULL', 'IN HOLES', 'JOINED BY'],
    receipt.views.map(({ as, found, inHoles }) => [
      as,
      count(found),
      count(receipt.rows - found),
      inHoles === 0 ? '–' : count(inHoles),
      [...new Set(receipt.parts.flatMap(({ joins }) => joins[as]?.way ?? []))].join(', '),
    ]),
  );
  terminal.line(`${out}/_receipt.json describes how the set was built.`);
}
