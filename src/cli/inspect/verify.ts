// millrace verify: compares the online store with the offline store and lists each difference.

import { epochMicrosOf } from '../../core/instant.ts';
import { partsField, partsText } from '../../definition/entity.ts';
import type { Difference } from '../../online/compare.ts';
import type { Verification } from '../../online/verify.ts';
import { count, counted, microsText } from '../../presentation/format.ts';
import { viewOverviews } from '../../state/queries/view-overview.ts';
import { appliedViews } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { type OpenProject, openProject, requireApplied, requireState } from '../open.ts';
import type { Terminal } from '../output/terminal.ts';
import { stopOnSignals } from '../signals.ts';

type VerifyOptions = CommonOptions & { readonly sample?: number };
type NamedDifference = Difference & { readonly parts?: Readonly<Record<string, string>> };
type Verified = Verification & {
  readonly view: string;
  readonly inDebt: boolean;
  readonly differences: readonly NamedDifference[];
};

export function addVerify(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'verify [view...]',
    summary: 'Compare the online store with the offline store',
    notes: [
      'Does not change either store. The exit code is 1 if they differ. To fix',
      'differences, run "millrace rebuild VIEW".',
    ],
    examples: ['verify', 'verify customer_orders --sample 1000'],
  })
    .option('--sample <n>', 'Compare this many random entities from each store', wholeNumber(1))
    .action((views: string[], options: VerifyOptions) => end(cli, verify(cli, views, options)));
}

async function verify(cli: Cli, names: readonly string[], options: VerifyOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const results = await compareAll(open, names, options);
  if (options.json) cli.terminal.json({ views: results });
  else for (const result of results) print(cli.terminal, result);
  return results.every(({ total }) => total === 0) ? DONE : ERROR;
}

async function compareAll(
  { app }: OpenProject,
  names: readonly string[],
  { sample }: VerifyOptions,
): Promise<Verified[]> {
  const { database, online } = app;
  const { verifyView } = await import('../../online/verify.ts');
  const views =
    names.length === 0
      ? (await appliedViews(database)).filter(({ retired, view }) => !retired && view.partsOf === undefined)
      : await Promise.all(names.map((name) => requireApplied(app, name)));
  const overviews = await viewOverviews(database);
  const results: Verified[] = [];
  using stop = stopOnSignals();
  for (const { view } of views) {
    const limits = sample === undefined ? {} : { sample };
    const found = await verifyView({ database, online, view, signal: stop.signal, ...limits });
    const overview = overviews.find((one) => one.view.name === view.name);
    const inDebt = overview !== undefined && (overview.unpublished.count > 0 || overview.rebuildReason !== null);
    const differences = found.differences.map((one) => ({ ...one, ...partsField(view, one.entityId) }));
    results.push({ view: view.name, inDebt, ...found, differences });
  }
  return results;
}

function print(terminal: Terminal, { view, comparedOffline, total, differences, inDebt }: Verified): void {
  if (total === 0) {
    terminal.line({ style: 'green', text: 'agrees' }, `  ${view}: ${count(comparedOffline)} entities compared`);
    return;
  }
  const compared = `${counted(total, 'difference')} in ${count(comparedOffline)} entities compared`;
  terminal.line({ style: 'red', text: 'differs' }, `  ${view}: ${compared}`);
  for (const difference of differences) terminal.line(`  ${differenceText(difference)}`);
  if (differences.length < total) terminal.line(`  … and ${count(total - differences.length)} more`);
  const hint = inDebt
    ? 'some of its rows are not published yet; workers will publish them'
    : `to fix it: millrace rebuild ${view}`;
  terminal.line(`  ${view}: ${hint}`);
}

function differenceText(difference: NamedDifference): string {
  const { entityId, parts, kind, features, offlineTime, onlineTime, key, why } = difference;
  const entity = parts === undefined ? entityId : partsText(parts);
  const time = (micros: number | null) => (micros === null ? 'no row' : microsText(epochMicrosOf(micros)));
  const fields = features.length === 0 ? '' : ` (${features.join(', ')})`;
  if (key !== undefined) return `${kind}  ${entity}  offline ${time(offlineTime)}, online ${key}: ${why}`;
  return `${kind}  ${entity}${fields}  offline ${time(offlineTime)}, online ${time(onlineTime)}`;
}
