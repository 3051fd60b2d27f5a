// millrace intervals: a view's time, unit by unit, and what is wrong with the units that are not covered.

import { humanDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { floorToUnit, interval } from '../../core/interval.ts';
import { newestLines, segmentsOf } from '../../plan/strip.ts';
import { isoOf, isoSpan, shortInstant } from '../../presentation/format.ts';
import { holesOf } from '../../presentation/interval-holes.ts';
import { coverageOf, type Drawn, heldAndCovered, settledRange, unitsByState } from '../../presentation/intervals.ts';
import { deployedTicks } from '../../presentation/next-look.ts';
import { type IntervalFacts, intervalFacts } from '../../state/queries/interval-facts.ts';
import { type ViewOverview, viewOverviews } from '../../state/queries/view-overview.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { requireApplied } from '../open.ts';
import { openState } from '../open-state.ts';
import { printIntervals } from './intervals-page.ts';

/** What the strip has room for, unless a beginning is asked for. */
const LINES_SHOWN = 20;
const LINES_MAX = 2_000;

type IntervalsOptions = CommonOptions & { readonly from?: EpochMs; readonly to?: EpochMs };

export function addIntervals(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'intervals <view>',
    summary: "show a view's time unit by unit",
    notes: [
      'A strip with a character for each unit, and below it why units are not covered',
      'and the commands that mend them. Without --from as much as a screen holds.',
      'Times are UTC.',
    ],
    examples: ['intervals customer_orders', 'intervals customer_orders --from 2026-09-01 --json'],
  })
    .option('--from <time>', 'from here on: a date, or a time with an offset', instantOption)
    .option('--to <time>', 'up to here', instantOption)
    .action((view: string, options: IntervalsOptions) => end(cli, intervals(cli, view, options)));
}

async function intervals(cli: Cli, name: string, options: IntervalsOptions): Promise<ExitCode> {
  await using open = await openState(cli, options);
  const { database } = open.app;
  await requireApplied(open.app, name);
  const [status] = await viewOverviews(database, [name]);
  if (status === undefined) throw new Failure('NOT_FOUND', `There is no view ${name}.`);
  if (status.view.kind === 'latest') {
    throw new Failure(
      'ARGUMENT_INVALID',
      `${name} is of kind latest and has no intervals: see it with "millrace status ${name}".`,
    );
  }
  const facts = await intervalFacts(database, name);
  const ticksOf = await deployedTicks(database);
  const found = drawnOf(status, facts, options);
  const drawn = found === null ? null : { ...found, ticks: ticksOf(status.view) };
  if (options.json) cli.terminal.json(intervalsJson(status, drawn));
  else if (drawn === null) cli.terminal.line(noneYet(status));
  else printIntervals(cli.terminal, drawn);
  return DONE;
}

function noneYet({ view }: ViewOverview): string {
  const settle = view.settleMs === 0 ? '' : `, and a unit is settled ${humanDuration(view.settleMs)} after its end`;
  return `${view.name} has no settled interval yet: its time begins at ${shortInstant(view.start)}${settle}.`;
}

/** Null where there is nothing yet that could be drawn. @throws Failure ARGUMENT_INVALID */
function drawnOf(
  status: ViewOverview,
  facts: IntervalFacts,
  { from, to }: IntervalsOptions,
): Omit<Drawn, 'ticks'> | null {
  const { view } = status;
  const { unitMs } = view;
  const coverage = coverageOf(status, facts.open);
  if (from !== undefined && to !== undefined && from >= to) {
    throw new Failure('ARGUMENT_INVALID', '--from lies at or after --to: expected a range that is not empty.');
  }
  const start = from === undefined ? view.start : floorToUnit(from, unitMs);
  const newest = settledRange(coverage)?.end ?? view.start;
  const until = to === undefined ? newest : Math.ceil(to / unitMs) * unitMs;
  if (until <= start) {
    if (from === undefined && to === undefined) return null;
    throw new Failure(
      'ARGUMENT_INVALID',
      `Nothing of ${view.name} lies in that range: its time begins at ${shortInstant(view.start)}, and is settled up to ${shortInstant(coverage.frontier)}.`,
    );
  }
  const range = interval(start, epochMsOf(until));
  const strip = interval(newestLines(unitMs, range, from === undefined ? LINES_SHOWN : LINES_MAX), range.end);
  return { status, coverage, range, strip, facts };
}

function intervalsJson(status: ViewOverview, drawn: Drawn | null): object {
  const units = drawn === null ? [] : unitsByState(drawn);
  const segments = drawn === null ? [] : segmentsOf(drawn.coverage, drawn.range);
  const holes = drawn === null ? [] : holesOf(drawn);
  return {
    view: status.view.name,
    unitMs: status.view.unitMs,
    range: isoSpan(drawn?.range ?? null),
    watermark: isoOf(status.watermark),
    frontier: isoOf(status.frontier),
    units: Object.fromEntries(units),
    heldAndCovered: drawn === null ? 0 : heldAndCovered(drawn),
    spans: segments.map(({ span, state }) => ({ ...isoSpan(span), state })),
    holes: holes.map(({ span, ...hole }) => ({ ...isoSpan(span), ...hole })),
    unpublished: status.unpublished.map(isoSpan),
  };
}
