// millrace preview: shows what a run of a view would read, refuse and change. Writes nothing.

import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { floorToUnit, type Interval, interval } from '../../core/interval.ts';
import { command, safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import { requireKnownYears } from '../../operations/ranges.ts';
import { databaseNow, isStatePresent } from '../../state/queries/view-overview.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption, wholeNumber } from '../command.ts';
import { entityIdsOf } from '../entity-arguments.ts';
import { DONE, type ExitCode, REFUSED } from '../exit.ts';
import { openProject, requireDefined, requireState } from '../open.ts';
import { stopOnSignals } from '../signals.ts';
import { previewJson, printPreview } from './preview-text.ts';

type PreviewOptions = CommonOptions & {
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly entity?: readonly string[];
  readonly limit: number;
};

function repeated(one: string, before: readonly string[] = []): readonly string[] {
  return [...before, one];
}

const SNAPSHOTS_MAX = 100;

export function addPreview(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'preview <view>',
    summary: 'Run a query and its checks without storing anything',
    notes: [
      'Shows the first rows, what would be refused and why, the outcome of each check,',
      'and what would change in the offline store. Needs all variables that',
      'millrace.yaml refers to. The exit code is 3 if a run would fail.',
    ],
    examples: ['preview customer_orders', 'preview customer_orders --from 2026-09-01 --entity 17850'],
  })
    .option('--from <time>', 'Start at this time (default: the newest settled interval)', instantOption)
    .option('--to <time>', 'Stop before this time (default: one interval after --from)', instantOption)
    .option('--entity <id>', 'List only the rows of this entity; repeat for each component', repeated)
    .option('--limit <n>', 'List at most this many rows of each kind', wholeNumber(1, 1_000), 10)
    .action((view: string, options: PreviewOptions) => end(cli, preview(cli, view, options)));
}

async function preview(cli: Cli, name: string, options: PreviewOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options, { queries: 'checked' });
  const [definition] = requireDefined(open.defined, [name]);
  if (definition === undefined) throw new RangeError('a required view was not returned');
  const { view, data } = definition;
  if (view.kind === 'pushed') throw nothingToPreview(name);
  const { database } = open.app;
  // Also before the first deployment. Tables of an earlier release cannot be read.
  if (await isStatePresent(database)) await requireState(open.app);
  const now = await databaseNow(database);
  const { previewRuns, unitBefore } = await import('../../preview/preview.ts');
  const span = view.kind === 'latest' ? noSpan(view, options) : spanOf(view, options, unitBefore(view, now));
  using stop = stopOnSignals();
  const runs = await previewRuns({
    database,
    source: open.app.sourceOf(view.source),
    view,
    fingerprint: data,
    span,
    entity: entityIdsOf(view, options.entity ?? [])[0] ?? null,
    limit: options.limit,
    now,
    signal: stop.signal,
  });
  if (options.json) cli.terminal.json({ view: name, runs: runs.map((run) => previewJson(view, run)) });
  else for (const run of runs) printPreview(cli.terminal, view, run);
  return runs.every(({ broken }) => broken.length === 0) ? DONE : REFUSED;
}

function nothingToPreview(name: string): Failure {
  return new Failure(
    'ARGUMENT_INVALID',
    text`The rows of ${safe(name)} are pushed by other programs (kind: pushed), so there is no query to preview. Each row is checked when it is pushed: see the response to the push, or run "${command(`millrace quarantine ${name}`)}".`,
  );
}

/** @throws Failure ARGUMENT_INVALID if a time is given */
function noSpan({ name }: FeatureView, { from, to }: PreviewOptions): null {
  if (from === undefined && to === undefined) return null;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(name)} is a \`latest\` view: its query always reads the current state, so it has no intervals. Omit --from and --to.`,
  );
}

/** Whole intervals. @throws Failure ARGUMENT_INVALID */
function spanOf(view: FeatureView, { from, to }: PreviewOptions, newest: Interval | null): Interval {
  const { unitMs } = view;
  const start = from ?? (to === undefined ? newest?.start : floorToUnit(epochMsOf(to - 1), unitMs));
  if (start === undefined) {
    throw new Failure(
      'ARGUMENT_INVALID',
      text`No interval of ${safe(view.name)} is settled yet. Specify one with --from.`,
    );
  }
  const first = floorToUnit(start, unitMs);
  const end = to ?? epochMsOf(first + unitMs);
  if (end <= first) throw new Failure('ARGUMENT_INVALID', text`--from must be before --to.`);
  const last = floorToUnit(epochMsOf(end + unitMs - 1), unitMs);
  if (view.kind === 'snapshot' && (last - first) / unitMs > SNAPSHOTS_MAX) {
    const what = text`A preview of a \`snapshot\` view covers at most ${safe(SNAPSHOTS_MAX)} intervals: choose a shorter range.`;
    throw new Failure('ARGUMENT_INVALID', what);
  }
  return requireKnownYears(interval(first, last));
}
