// Statistics of a view's newest runs: plots of rows and times, and refused rows.

import { html } from 'hono/html';
import { humanDuration } from '../../core/duration.ts';
import { count, counted } from '../../presentation/format.ts';
import type { RunMark } from '../../state/queries/runs-page.ts';
import type { Html } from '../context.ts';
import { hrefOf } from '../href.ts';
import { meaningOf } from './meaning.ts';
import { plotHtml } from './plot.ts';
import { runStateHtml } from './run-marks.ts';
import { shownText } from './shown-text.ts';
import { table } from './table.ts';
import { spanHtml, timeHtml } from './time.ts';

/** How long after the end of its interval a run ended, where it ran on schedule: a backfill of an old interval is not late. */
function lagOf({ at, span, reason }: RunMark): number | null {
  return span === null || reason !== 'schedule' ? null : Math.max(0, at - span.end);
}

/** Three plots and a table with the same numbers. */
export function plotsHtml(runs: readonly RunMark[]): Html {
  if (runs.length < 2) return html``;
  return html`<div class="plots">${plotHtml(runs, { title: 'Rows accepted', numberOf: ({ accepted }) => accepted, textOf: (rows) => counted(rows, 'row') })}
${plotHtml(runs, { title: 'Duration', numberOf: ({ tookMs }) => tookMs, textOf: humanDuration })}
${plotHtml(runs, { title: 'Lag of scheduled runs after the end of their interval', numberOf: lagOf, textOf: humanDuration })}</div>
<details><summary>The plots as a table</summary>
${table({
  caption: `The last ${counted(runs.length, 'run')}`,
  columns: [
    { head: 'Run', kind: 'id', cell: ({ id }) => html`<a href="/runs/${id}">${id}</a>` },
    { head: 'Span', cell: ({ span }) => spanHtml(span) },
    { head: 'State', cell: ({ state }) => runStateHtml(state) },
    { head: 'When', cell: ({ at }) => timeHtml(at) },
    { head: 'Rows accepted', kind: 'number', cell: ({ accepted }) => count(accepted) },
    { head: 'Rows refused', kind: 'number', cell: ({ refused }) => count(refused) },
    {
      head: 'Lag',
      kind: 'number',
      cell: (run) => {
        const lag = lagOf(run);
        return lag === null ? '–' : humanDuration(lag);
      },
    },
    { head: 'Duration', kind: 'number', cell: ({ tookMs }) => (tookMs === null ? '–' : humanDuration(tookMs)) },
  ],
  rows: runs.toReversed(),
  rowId: ({ id }) => `plotted-${id}`,
  empty: '',
})}</details>`;
}

/** Refused rows by reason; empty if there are none. */
export function refusedHtml(view: string, runs: readonly RunMark[]): Html {
  const rows = new Map<string, number>();
  for (const { refusedBy } of runs) {
    for (const [reason, refused] of Object.entries(refusedBy)) rows.set(reason, (rows.get(reason) ?? 0) + refused);
  }
  if (rows.size === 0) return html``;
  return html`<h2 id="refused">Refused rows</h2>
${table({
  caption: `In the last ${counted(runs.length, 'run')}`,
  columns: [
    {
      head: 'Reason',
      cell: ([reason]) => html`<a href="${hrefOf('/quarantine', { view, reason })}">${shownText(reason)}</a>`,
    },
    { head: 'Meaning', cell: ([reason]) => meaningOf(reason) },
    { head: 'Rows', kind: 'number', cell: ([, refused]) => count(refused) },
  ],
  rows: [...rows].sort(([, a], [, b]) => b - a),
  rowId: ([reason]) => `reason-${reason}`,
  empty: '',
})}`;
}
