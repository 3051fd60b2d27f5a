// The coverage of a view: totals, its calendar, and the units around an opened day.

import { html } from 'hono/html';
import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { DAY_MS, type DayCell, dayCells } from '../../plan/calendar.ts';
import type { Coverage } from '../../plan/strip.ts';
import type { Database } from '../../postgres/database.ts';
import { counted, shortInstant, unitsOf } from '../../presentation/format.ts';
import { coverageOf, type Drawn, requestedUnits, sumText } from '../../presentation/views/intervals.ts';
import { daySums } from '../../state/queries/unit-sums.ts';
import { coverageWithin, NOTHING_COVERED } from '../../state/queries/view-coverage.ts';
import type { Html } from '../context.ts';
import { calendarHtml, newestYears, stretchAt, unitsHtml } from './calendar.ts';
import { legendHtml } from './coverage-strip.ts';

/** The days of the newest years, and the units of an opened day. */
export type Calendar = {
  readonly years: Interval;
  readonly cells: readonly DayCell[];
  readonly opened: Opened | null;
};

/** `units` is null if no part of the day is settled and within the view's time. */
type Opened = {
  readonly day: EpochMs;
  readonly units: { readonly stretch: Interval; readonly coverage: Coverage } | null;
};

export async function calendarOf(
  database: Database,
  { status, range }: Pick<Drawn, 'status' | 'range'>,
  day: EpochMs | null,
): Promise<Calendar> {
  const { name, unitMs } = status.view;
  const years = newestYears(range);
  const cells = dayCells(await daySums(database, requestedUnits(status, years)), unitMs);
  if (day === null || unitMs >= DAY_MS) return { years, cells, opened: null };
  const stretch = stretchAt(day, unitMs, range);
  if (stretch === null) return { years, cells, opened: { day, units: null } };
  const sets = (await coverageWithin(database, new Map([[name, stretch]]))).get(name) ?? NOTHING_COVERED;
  return { years, cells, opened: { day, units: { stretch, coverage: coverageOf(status, sets) } } };
}

export function coverageHtml(drawn: Drawn, { years, cells, opened }: Calendar): Html {
  const { range, status } = drawn;
  const unitsAt = status.view.unitMs < DAY_MS ? (at: string) => `/views/${status.view.name}?at=${at}#units` : null;
  return html`<h2 id="calendar">Coverage</h2>
<p>${sumText(drawn)}</p>
${legendHtml()}
${opened === null ? '' : openUnits(status.view.name, opened)}
${calendarHtml(cells, unitsAt)}
${unitsAt === null ? '' : html`<p class="dim">Each day shows the most important state of its units. Open a month or a day to see its units.</p>`}
${years.start === range.start ? '' : earlier(drawn, years.start)}`;
}

function openUnits(view: string, { day, units }: Opened): Html {
  const close = html`<a href="/views/${view}#calendar">Close</a>`;
  if (units === null) {
    return html`<p id="units">${shortInstant(day)} is not settled yet, or is outside the view’s start and end. ${close}</p>`;
  }
  const { stretch, coverage } = units;
  return html`<section id="units" class="opened" aria-label="Units of ${shortInstant(stretch.start)}"><h3>Units from ${shortInstant(stretch.start)} to ${shortInstant(stretch.end)}, UTC</h3>
${unitsHtml(coverage, stretch, day)}
<p>${close}</p></section>`;
}

function earlier({ range, status }: Drawn, from: EpochMs): Html {
  const units = counted(unitsOf([{ start: range.start, end: from }], status.view.unitMs), 'unit');
  return html`<p>${units} before ${shortInstant(from)} are not shown: <code>millrace intervals ${status.view.name} --from ${shortInstant(range.start)}</code></p>`;
}
