// The coverage of a view: what its units sum up to, its calendar, and the units around a day that somebody has opened.

import { html } from 'hono/html';
import type { EpochMs } from '../../core/instant.ts';
import { DAY_MS } from '../../plan/calendar.ts';
import { counted, shortInstant, unitsOf } from '../../presentation/format.ts';
import { type Drawn, sumText } from '../../presentation/intervals.ts';
import type { Html } from '../context.ts';
import { calendarHtml, newestYears, stretchAt, unitsHtml } from './calendar.ts';
import { legendHtml } from './coverage-strip.ts';

export function coverageHtml(drawn: Drawn, day: EpochMs | null): Html {
  const { coverage, range, status } = drawn;
  const years = newestYears(range);
  const unitsAt = coverage.unitMs < DAY_MS ? (at: string) => `/views/${status.view.name}?at=${at}#units` : null;
  return html`<h2 id="calendar">Coverage</h2>
<p>${sumText(drawn)}</p>
${legendHtml()}
${unitsAt === null || day === null ? '' : openUnits(drawn, day)}
${calendarHtml(coverage, years, unitsAt)}
${unitsAt === null ? '' : html`<p class="dim">A day shows what of it matters most; open a month or a day to see its units.</p>`}
${years.start === range.start ? '' : earlier(drawn, years.start)}`;
}

function openUnits({ coverage, range, status }: Drawn, day: EpochMs): Html {
  const stretch = stretchAt(day, coverage, range);
  const close = html`<a href="/views/${status.view.name}#calendar">Close</a>`;
  if (stretch === null) {
    return html`<p id="units">Nothing of ${shortInstant(day)} is settled, or it is not the view’s time. ${close}</p>`;
  }
  return html`<section id="units" class="opened" aria-label="Units of ${shortInstant(stretch.start)}"><h3>Units from ${shortInstant(stretch.start)} to ${shortInstant(stretch.end)}, UTC</h3>
${unitsHtml(coverage, stretch, day)}
<p>${close}</p></section>`;
}

function earlier({ coverage, range, status }: Drawn, from: EpochMs): Html {
  const units = counted(unitsOf([{ start: range.start, end: from }], coverage.unitMs), 'unit');
  return html`<p>${units} before ${shortInstant(from)} are not drawn: <code>millrace intervals ${status.view.name} --from ${shortInstant(range.start)}</code></p>`;
}
