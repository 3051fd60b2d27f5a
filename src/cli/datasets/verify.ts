// millrace dataset verify: compares the files of a training set with its receipt, and optionally with the stores.

import type { Difference, StoreChange } from '../../datasets/rebuild.ts';
import type { FileProblem, Verified } from '../../datasets/verify.ts';
import { counted } from '../../presentation/format.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { type OpenProject, openProject } from '../open.ts';
import { stopOnSignals } from '../signals.ts';
import { packageVersion } from '../version.ts';
import { placeOptions } from './places.ts';

type VerifyOptions = CommonOptions & { readonly rebuild: boolean };

export function addDatasetVerify(cli: Cli, dataset: ReturnType<typeof addCommand>): void {
  addCommand(dataset, {
    usage: 'verify <location>',
    summary: 'Compare the files of a training set with its receipt',
    notes: ['The exit code is 1 if a file or, with --rebuild, a column differs.'],
    examples: ['dataset verify sets/churn', 'dataset verify s3://ml/churn/1 --rebuild'],
  })
    .option('--rebuild', 'Build the set again from the stores and compare the two', false)
    .action((place: string, _options: VerifyOptions, command: { optsWithGlobals(): VerifyOptions }) =>
      end(cli, verify(cli, place, command.optsWithGlobals())),
    );
}

async function verify(cli: Cli, place: string, options: VerifyOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  using stop = stopOnSignals();
  const { openSet } = await import('../../datasets/targets/open-target.ts');
  const { verifySet } = await import('../../datasets/verify.ts');
  await using location = openSet(place, await placeOptions(open, place));
  const verified = await verifySet(location, stop.signal);
  const rebuilt = options.rebuild ? await rebuild(cli, open, verified, options, stop.signal) : null;
  if (options.json) cli.terminal.json(json(location.label, verified, rebuilt));
  else print(cli, location.label, verified, rebuilt);
  return verified.problems.length === 0 && (rebuilt?.differences ?? []).length === 0 ? DONE : ERROR;
}

type Rebuilt = { readonly changes: readonly StoreChange[]; readonly differences: readonly Difference[] };

async function rebuild(
  cli: Cli,
  { app }: OpenProject,
  { receipt }: Verified,
  { json: isJson }: VerifyOptions,
  signal: AbortSignal,
): Promise<Rebuilt> {
  const { rebuildSet, storeChanges } = await import('../../datasets/rebuild.ts');
  const changes = await storeChanges(app.database, receipt);
  if (!isJson)
    for (const one of changes)
      cli.terminal.line(
        { style: 'yellow', text: one.change === 'unknown' ? 'unknown' : 'changed' },
        `  ${changeText(one)}`,
      );
  const differences = await rebuildSet(
    { ...app, owner: app.processId, leaseMs: app.settings.leaseMs, millrace: packageVersion(), signal },
    receipt,
  );
  return { changes, differences };
}

function changeText({ view, change }: StoreChange): string {
  if (change === 'redeployed') return `${view} has been deployed with a different definition since the set was built`;
  if (change === 'unknown')
    return `the history of ${view} since the set was built is incomplete, because retention has deleted old events; its rows may have changed`;
  return `rows or coverage of ${view} within the time range of the set have changed since it was built`;
}

function json(place: string, { receipt, problems }: Verified, rebuilt: Rebuilt | null): object {
  const { name, build, rows, createdAt } = receipt;
  return { place, name, build, rows, createdAt, problems, ...(rebuilt === null ? {} : { rebuilt }) };
}

function print({ terminal }: Cli, place: string, { receipt, problems }: Verified, rebuilt: Rebuilt | null): void {
  const what = `${receipt.name}: ${counted(receipt.rows, 'row')} in ${counted(receipt.parts.length, 'file')}`;
  if (problems.length === 0) terminal.line({ style: 'green', text: 'agrees' }, `  ${what}`);
  else terminal.line({ style: 'red', text: 'differs' }, `  ${what} at ${place}`);
  for (const problem of problems) terminal.line(`  ${problemText(problem)}`);
  if (rebuilt === null) return;
  if (rebuilt.differences.length === 0)
    terminal.line({ style: 'green', text: 'same' }, '  the stores still produce the same set');
  else if (rebuilt.differences.every(({ what }) => what === 'engine'))
    terminal.line(
      { style: 'yellow', text: 'unknown' },
      '  the stores produce the same number of rows; values may differ',
    );
  else terminal.line({ style: 'red', text: 'different' }, '  the stores now produce a different set');
  for (const difference of rebuilt.differences) terminal.line(`  ${differenceText(difference)}`);
}

function problemText({ file, problem, expected, found }: FileProblem): string {
  if (problem === 'missing') return `${file} is missing`;
  if (problem === 'not_in_receipt') return `${file} is not in the receipt`;
  if (problem === 'other_size') return `${file} has ${found} bytes; the receipt lists ${expected}`;
  return `${file} has changed: its sha256 is ${found}; the receipt lists ${expected}`;
}

function differenceText(difference: Difference): string {
  if (difference.what === 'rows') return `${difference.found} rows; the receipt lists ${difference.expected}`;
  if (difference.what === 'engine') {
    return `columns cannot be compared: the set was written by ${difference.expected}, but this release uses ${difference.found}`;
  }
  if (difference.found === null) return `column ${difference.column} no longer exists`;
  return difference.expected === null
    ? `column ${difference.column} is new`
    : `column ${difference.column} has different values`;
}
