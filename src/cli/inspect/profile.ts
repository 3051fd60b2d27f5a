// millrace profile: shows what the values of a view look like, and how they change over time.

import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import { command, safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { count, isoOf, shortInstant } from '../../presentation/format.ts';
import { distinctText, medianOf, nullShare, shortNumber, sparkline, topText } from '../../presentation/profile.ts';
import { type FeatureProfile, QUANTILES } from '../../quality/profile.ts';
import { runProfile, shownBins, type UnitProfile, unitProfiles } from '../../state/queries/profiles.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { idArgument } from '../id-argument.ts';
import { requireApplied } from '../open.ts';
import { openState } from '../open-state.ts';

type ProfileOptions = CommonOptions & {
  readonly feature?: string;
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly limit: number;
  readonly run?: string;
};

export function addProfile(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'profile <view>',
    summary: 'Show the distribution of values in each run',
    notes: [
      'Shows the newest unit and the trend. With --feature, prints one line per unit.',
      'Large runs are sampled, but counts, nulls, minimum, maximum and mean are exact.',
    ],
    examples: [
      'profile customer_orders',
      'profile customer_orders --feature order_amount',
      'profile customer_orders --run 118',
    ],
  })
    .option('--feature <name>', 'Show this feature, unit by unit')
    .option('--from <time>', 'Start at this date, or at this time (with a UTC offset)', instantOption)
    .option('--to <time>', 'Stop before this time', instantOption)
    .option('--run <id>', 'Show this run, even if it failed its checks')
    .option('--limit <n>', 'Show at most this many units', wholeNumber(1, 10_000), 28)
    .action((view: string, options: ProfileOptions) => end(cli, profile(cli, view, options)));
}

async function profile(cli: Cli, name: string, options: ProfileOptions): Promise<ExitCode> {
  await using open = await openState(cli, options);
  const { database } = open.app;
  const { view } = await requireApplied(open.app, name);
  const { feature } = options;
  if (feature !== undefined) requireFeature(view, feature);
  const units = await profilesOf(database, view, options);
  if (options.json) {
    const bins = await shownBins(database, view, binsIn(units));
    cli.terminal.json(profileJson(view, units, { feature, bins: Object.fromEntries(bins) }));
  } else if (units.length === 0) {
    cli.terminal.line(`No run of ${name} has a profile in this range. To list its runs, run "millrace runs ${name}".`);
  } else if (feature === undefined) printView(cli, view, units);
  else
    cli.terminal.table(
      UNIT_HEADERS,
      units.map((unit) => unitCells(unit, feature)),
    );
  return DONE;
}

/** @throws Failure ARGUMENT_INVALID, or NOT_FOUND for a run without a profile */
async function profilesOf(
  database: Database,
  view: FeatureView,
  { from, to, limit, run }: ProfileOptions,
): Promise<readonly UnitProfile[]> {
  if (run === undefined) return await unitProfiles(database, view, { from: from ?? null, to: to ?? null, limit });
  if (from !== undefined || to !== undefined)
    throw new Failure('ARGUMENT_INVALID', text`Use either --run, or --from and --to, not both.`);
  const found = await runProfile(database, view, idArgument(run, 'run'));
  if (found !== null) return [found];
  throw new Failure(
    'NOT_FOUND',
    text`${safe(view.name)} has no profile for run ${run}: a run has a profile only after it has read its rows. To list its runs, run "${command(`millrace runs ${view.name}`)}".`,
  );
}

function requireFeature(view: FeatureView, name: string): void {
  if (view.features.some((feature) => feature.name === name)) return;
  const names = view.features.map((feature) => feature.name).join(', ');
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(view.name)} has no feature ${safe(name)}; its features are ${safe(names)}. To see all of them, run "${command(`millrace profile ${view.name}`)}".`,
  );
}

function printView({ terminal }: Cli, view: FeatureView, units: readonly UnitProfile[]): void {
  const newest = units.at(-1);
  if (newest === undefined) return;
  const { rows, sampled } = newest.profile;
  const sample = sampled < rows && sampled > 0 ? `, ${count(sampled)} sampled` : '';
  terminal.line(`${view.name}  ${startOf(newest)}  ${count(rows)} rows${sample}  run ${newest.run}`);
  const headers = ['FEATURE', 'NULLS', 'DISTINCT', 'MIN', 'MEDIAN', 'MEAN', 'DEVIATION', 'MAX', 'VALUES', 'TREND'];
  terminal.table(
    headers,
    view.features.map(({ name }) => featureCells(name, units)),
  );
}

function featureCells(name: string, units: readonly UnitProfile[]): string[] {
  const profile = units.at(-1)?.profile;
  const feature = profile?.features[name];
  if (profile === undefined || feature === undefined) return [name];
  const trend = sparkline(units.map((unit) => trendOf(unit, name)));
  return [name, ...cells(profile, feature), topText(feature, profile, 2), trend];
}

/** The mean of numbers, else the share of nulls. */
function trendOf({ profile }: UnitProfile, name: string): number | null {
  const feature = profile.features[name];
  if (feature === undefined || profile.rows === 0) return null;
  return feature.mean ?? feature.nulls / profile.rows;
}

const UNIT_HEADERS = [
  'START',
  'ROWS',
  'NULLS',
  'DISTINCT',
  'MIN',
  'MEDIAN',
  'MEAN',
  'DEVIATION',
  'MAX',
  'VALUES',
  'RUN',
];

function unitCells(unit: UnitProfile, name: string): string[] {
  const { profile, run } = unit;
  const feature = profile.features[name];
  if (feature === undefined) return [startOf(unit), count(profile.rows), '', '', '', '', '', '', '', '', String(run)];
  return [startOf(unit), count(profile.rows), ...cells(profile, feature), topText(feature, profile, 3), String(run)];
}

function cells(profile: UnitProfile['profile'], feature: FeatureProfile): string[] {
  return [
    nullShare(profile, feature),
    distinctText(feature, profile),
    shortNumber(feature.min),
    shortNumber(medianOf(feature)),
    shortNumber(feature.mean),
    shortNumber(feature.deviation),
    shortNumber(feature.max),
  ];
}

function startOf({ span, committedAt }: UnitProfile): string {
  return shortInstant(span?.start ?? committedAt);
}

function binsIn(units: readonly UnitProfile[]): number[] {
  const ids = units.flatMap(({ profile }) => Object.values(profile.features).map(({ histogram }) => histogram?.bins));
  return [...new Set(ids.filter((id) => id !== undefined))];
}

type Shown = { readonly feature: string | undefined; readonly bins: object };

function profileJson(view: FeatureView, units: readonly UnitProfile[], { feature, bins }: Shown): object {
  return {
    view: view.name,
    redacted: view.redacted,
    quantiles: QUANTILES,
    bins,
    units: units.map(({ run, span, committedAt, profile }) => ({
      run,
      start: isoOf(span?.start ?? null),
      end: isoOf(span?.end ?? null),
      committedAt: isoOf(committedAt),
      rows: profile.rows,
      sampled: profile.sampled,
      features: feature === undefined ? profile.features : { [feature]: profile.features[feature] ?? null },
    })),
  };
}
