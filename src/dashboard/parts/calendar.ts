// The calendar of a view: a line per month, newest first, a cell per UTC day; and the units of an opened stretch.

import { html } from 'hono/html';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { floorToUnit, type Interval, interval, split } from '../../core/interval.ts';
import { DAY_MS, type DayCell } from '../../plan/calendar.ts';
import type { Coverage } from '../../plan/strip.ts';
import { shortInstant } from '../../presentation/format.ts';
import type { Html } from '../context.ts';
import { marksHtml, marksOf, unitsText } from './coverage-strip.ts';

const DAYS_MAX = 3 * 366;
const HOUR_MS = 3_600_000;

/** The newest three years of a range, in whole months. */
export function newestYears({ start, end }: Interval): Interval {
  const from = floorToUnit(epochMsOf(end - DAYS_MAX * DAY_MS), DAY_MS);
  return interval(epochMsOf(Math.max(start, from)), end);
}

/** `unitsAt` is the URL that opens a day's units; null for views with units of a day or longer. */
export function calendarHtml(cells: readonly DayCell[], unitsAt: ((day: string) => string) | null): Html {
  const months = [...Map.groupBy(cells, ({ day }) => dayText(day).slice(0, 7))].reverse();
  const days = Array.from({ length: 31 }, (_, index) => index + 1);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Coverage day by day">
<table class="calendar"><caption class="hidden">The state of each day's units, in UTC</caption>
<thead><tr><th scope="col" class="month">Month</th>${days.map((day) => html`<th scope="col" class="day">${day}</th>`)}</tr></thead>
<tbody>${months.map(([month, cells]) => monthHtml(month, cells, unitsAt))}</tbody></table></div>`;
}

function monthHtml(month: string, cells: readonly DayCell[], unitsAt: ((day: string) => string) | null): Html {
  const before = Number(dayText(cells[0]?.day ?? epochMsOf(0)).slice(8)) - 1;
  const label = unitsAt === null ? month : html`<a href="${unitsAt(`${month}-01`)}">${month}</a>`;
  return html`<tr><th scope="row">${label}</th>${before === 0 ? '' : html`<td colspan="${before}"></td>`}${cells.map((cell) => cellHtml(cell, unitsAt))}</tr>
`;
}

function cellHtml({ day, state, units }: DayCell, unitsAt: ((day: string) => string) | null): Html {
  const text = dayText(day);
  const mark = marksOf(state);
  // Keyboard users get the links of the months; a thousand day links would be in the way.
  const shown =
    unitsAt === null || state === 'future' ? mark : html`<a href="${unitsAt(text)}" tabindex="-1">${mark}</a>`;
  return html`<td class="u-${state}" title="${text}: ${unitsText(units)}">${shown}</td>`;
}

function dayText(day: EpochMs): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** The stretch drawn unit by unit around a day: its month if units are an hour or longer, else the day. */
export function stretchAt(day: EpochMs, unitMs: number, range: Interval): Interval | null {
  const date = new Date(day);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const isMonth = unitMs >= HOUR_MS;
  const start = isMonth ? Date.UTC(year, month, 1) : day;
  const end = isMonth ? Date.UTC(year, month + 1, 1) : day + DAY_MS;
  const [from, until] = [Math.max(start, range.start), Math.min(end, range.end)];
  return from >= until ? null : interval(epochMsOf(from), epochMsOf(until));
}

/** A line per day of a stretch, or per hour of a day. */
export function unitsHtml(coverage: Coverage, stretch: Interval, day: EpochMs): Html {
  const lineMs = coverage.unitMs >= HOUR_MS ? DAY_MS : HOUR_MS;
  const aligned = interval(floorToUnit(stretch.start, lineMs), stretch.end);
  return html`<ol class="units">${split(aligned, lineMs, 1).map(
    (
      line,
    ) => html`<li class="${line.start === day ? 'chosen' : ''}"><span class="label">${shortInstant(line.start)}</span> <span class="strip">${marksHtml(coverage, line)}</span></li>
`,
  )}</ol>`;
}
