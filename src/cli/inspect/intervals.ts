// millrace intervals: shows a view's time unit by unit, and why units are not covered.

import { humanDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { floorToUnit, type Interval, interval } from '../../core/interval.ts';
import { command, safe, text } from '../../core/message.ts';
import { hasIntervals } from '../../definition/view.ts';
import { requireKnownYears } from '../../operations/ranges.ts';
import { newestLines, type Segment } from '../../plan/strip.ts';
import type { Database } from '../../postgres/database.ts';
import { isoOf, isoSpan, shortInstant, unitsIn } from '../../presentation/format.ts';
import { deployedTicks } from '../../presentation/next-run.ts';
import { plainText } from '../../presentation/text.ts';
import { holesLeft, holesOf } from '../../presentation/views/interval-holes.ts';
import {
  coverageOf,
  type Drawn,
  requestedUnits,
  settledRange,
  unitsByState,
} from '../../presentation/views/intervals.ts';
import { intervalFacts } from '../../state/queries/interval-facts.ts';
import { oldestSegments, unitSums } from '../../state/queries/unit-sums.ts';
import { coverageWithin, NOTHING_COVERED } from '../../state/queries/view-coverage.ts';
import { type ViewOverview, viewOverviews } from '../../state/queries/view-overview.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { requireApplied } from '../open.ts';
import { openState } from '../open-state.ts';
import { printIntervals, type Strip } from './intervals-page.ts';

/** The lines of the strip, unless --from is given. */
const LINES_SHOWN = 20;
const LINES_MAX = 2_000;
const SEGMENTS_LISTED_MAX = 10_000;

type IntervalsOptions = CommonOptions & { readonly from?: EpochMs; readonly to?: EpochMs };

export function addIntervals(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'intervals <view>',
    summary: 'Show the coverage of a view, unit by unit',
    notes: [
      'Prints one character per unit, then explains why units are not covered and',
      'lists the commands that fix them. Without --from, shows the newest units that',
      'fit on the screen. Times are UTC.',
    ],
    examples: ['intervals customer_orders', 'intervals customer_orders --from 2026-09-01 --json'],
  })
    .option('--from <time>', 'Start at this date, or at this time (with a UTC offset)', instantOption)
    .option('--to <time>', 'Stop before this time', instantOption)
    .action((view: string, options: IntervalsOptions) => end(cli, intervals(cli, view, options)));
}

async function intervals(cli: Cli, name: string, options: IntervalsOptions): Promise<ExitCode> {
  await using open = await openState(cli, options);
  const { database } = open.app;
  await requireApplied(open.app, name);
  const [status] = await viewOverviews(database, [name]);
  if (status === undefined) throw new Failure('NOT_FOUND', `There is no view ${name}.`);
  if (!hasIntervals(status.view.kind))
    throw new Failure(
      'ARGUMENT_INVALID',
      text`${safe(name)} is a \`${safe(status.view.kind)}\` view, which has no intervals. To see its state, run "${command(`millrace status ${name}`)}".`,
    );
  const range = rangeOf(status, options);
  const drawn = range === null ? null : await drawnOf(database, status, range);
  if (options.json) {
    const max = SEGMENTS_LISTED_MAX + 1;
    const segments = range === null ? [] : await oldestSegments(database, requestedUnits(status, range), max);
    cli.terminal.json(intervalsJson(status, drawn, segments));
  } else if (drawn === null) cli.terminal.line(noneYet(status));
  else printIntervals(cli.terminal, { ...drawn, ...(await stripOf(database, status, { ...drawn, ...options })) });
  return DONE;
}

async function drawnOf(database: Database, status: ViewOverview, range: Interval): Promise<Drawn> {
  const ticksOf = await deployedTicks(database);
  return {
    status,
    range,
    sums: await unitSums(database, requestedUnits(status, range)),
    facts: await intervalFacts(database, status.view.name, range),
    ticks: ticksOf(status.view),
  };
}

/** The part of the range that is drawn, and the sums of the units before it. */
async function stripOf(
  database: Database,
  status: ViewOverview,
  { range, from }: { readonly range: Interval; readonly from?: EpochMs },
): Promise<Strip> {
  const { name, unitMs } = status.view;
  const start = newestLines(unitMs, range, from === undefined ? LINES_SHOWN : LINES_MAX);
  const strip = interval(start, range.end);
  const sets = (await coverageWithin(database, new Map([[name, strip]]))).get(name) ?? NOTHING_COVERED;
  const left = start <= range.start ? null : interval(range.start, start);
  const before = left === null ? null : await unitSums(database, requestedUnits(status, left));
  return { strip, coverage: coverageOf(status, sets), before };
}

function noneYet({ view }: ViewOverview): string {
  const settle = view.settleMs === 0 ? '' : `, and a unit settles ${humanDuration(view.settleMs)} after its end`;
  return `${view.name} has no settled intervals yet: it starts at ${shortInstant(view.start)}${settle}.`;
}

/** Null if there is nothing to draw yet. @throws Failure ARGUMENT_INVALID */
function rangeOf(status: ViewOverview, { from, to }: IntervalsOptions): Interval | null {
  const { view } = status;
  const { unitMs } = view;
  if (from !== undefined && to !== undefined && from >= to) {
    throw new Failure('ARGUMENT_INVALID', '--from must be before --to.');
  }
  const start = from === undefined ? view.start : floorToUnit(from, unitMs);
  const newest = settledRange(status)?.end ?? view.start;
  const until = to === undefined ? newest : Math.ceil(to / unitMs) * unitMs;
  if (until <= start) {
    if (from === undefined && to === undefined) return null;
    throw new Failure(
      'ARGUMENT_INVALID',
      `No interval in that range is settled: ${view.name} starts at ${shortInstant(view.start)} and is settled up to ${shortInstant(status.frontier ?? view.start)}.`,
    );
  }
  return requireKnownYears(interval(start, epochMsOf(until)));
}

/** Long lists hold only the oldest parts; then `complete` is false. */
function intervalsJson(status: ViewOverview, drawn: Drawn | null, segments: readonly Segment[]): object {
  const { unitMs } = status.view;
  const units = drawn === null ? [] : unitsByState(drawn.sums, unitMs);
  const { unpublished } = status;
  const holes = drawn === null ? [] : holesOf(drawn);
  return {
    view: status.view.name,
    unitMs,
    range: isoSpan(drawn?.range ?? null),
    watermark: isoOf(status.watermark),
    frontier: isoOf(status.frontier),
    units: Object.fromEntries(units),
    heldAndCovered: unitsIn({ ms: drawn?.sums.heldAndCoveredMs ?? 0 }, unitMs),
    spans: segments.slice(0, SEGMENTS_LISTED_MAX).map(({ span, state }) => ({ ...isoSpan(span), state })),
    holes: holes.map(({ span, ...hole }) => ({ ...isoSpan(span), ...hole, why: plainText(hole.why) })),
    unpublished: unpublished.first.map(isoSpan),
    complete:
      segments.length <= SEGMENTS_LISTED_MAX &&
      unpublished.count === unpublished.first.length &&
      (drawn === null || holesLeft(drawn) === 0),
  };
}
