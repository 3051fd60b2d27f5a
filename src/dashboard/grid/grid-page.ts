// Runs of all views over time: a row per view, a mark per hour or day. Compact, for thousands of views.

import type { Hono } from 'hono';
import { html, raw } from 'hono/html';
import { epochMsOf } from '../../core/instant.ts';
import { count, counted } from '../../presentation/format.ts';
import { type GridRow, type GridState, type RunGrid, runGrid } from '../../state/queries/run-grid.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, hrefOf } from '../href.ts';
import { page } from '../pages/page.ts';
import { timeHtml } from '../parts/time.ts';

const PERIODS = {
  hour: { periods: 24, periodMs: 3_600_000, words: 'the last 24 hours' },
  day: { periods: 14, periodMs: 86_400_000, words: 'the last 14 days' },
} as const;
type By = keyof typeof PERIODS;

/** As in `millrace intervals`, where a character is a unit. */
const MARKS: Readonly<Record<GridState, string>> = { done: '#', failed: 'x', open: '>', ended: '-' };
const NO_RUN = '.';

export function addGridPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/grid', async (c) => {
    const by: By = asked(c, 'by') === 'day' ? 'day' : 'hour';
    const filter = { text: asked(c, 'q'), failed: asked(c, 'failed') === 'only' };
    const grid = await runGrid(database, PERIODS[by]);
    const rows = grid.rows.filter(matching(filter));
    const main = html`<h1>Runs over time</h1>
<p class="lead"># done · x failed · &gt; open · - cancelled or superseded · . no run. By planning time, oldest on the left.</p>
${form(by, filter)}
${rows.length === 0 ? html`<p class="empty">No matching views. <a href="/grid">Show all views</a></p>` : gridHtml(by, grid, rows)}`;
    return page(c, { title: 'Grid', path: '/grid', main });
  });
}

type Filter = { readonly text: string | null; readonly failed: boolean };

function matching({ text, failed }: Filter): (row: GridRow) => boolean {
  const word = text?.toLowerCase() ?? '';
  return (row) =>
    (!failed || row.failed > 0) && [row.view, ...row.tags].some((name) => name.toLowerCase().includes(word));
}

function form(by: By, { text, failed }: Filter): Html {
  const chosen = [by, failed ? 'only' : ''];
  const option = (value: string, words: string) =>
    html`<option value="${value}"${chosen.includes(value) ? html` selected` : ''}>${words}</option>`;
  return html`<form class="filter" method="get" action="/grid" role="search">
<label>Name or tag <input type="search" name="q" value="${text ?? ''}" maxlength="100"></label>
<label>By <select name="by">${option('hour', 'hour')}${option('day', 'day')}</select></label>
<label>Views <select name="failed">${option('', 'all')}${option('only', 'with failed runs')}</select></label>
<button type="submit">Show</button>
</form>`;
}

function gridHtml(by: By, { from }: RunGrid, rows: readonly GridRow[]): Html {
  const { periods, periodMs, words } = PERIODS[by];
  const since = new Date(from).toISOString().replace(':00.000Z', 'Z');
  return html`<table class="grid"><caption>${counted(rows.length, 'view')}, ${words}: from ${timeHtml(from)} to ${timeHtml(epochMsOf(from + periods * periodMs))}</caption>
<thead><tr><th scope="col">View</th><th scope="col">Runs</th><th scope="col">Failed</th></tr></thead>
<tbody>${rows.map((row) => raw(rowHtml(row, periods, since)))}</tbody></table>`;
}

/**
 * Without the template and without optional end tags and quotes: each byte counts 2,000 times. Names of views need no
 * escaping.
 */
function rowHtml({ view, cells, failed }: GridRow, periods: number, since: string): string {
  const marks = Array.from({ length: periods }, (_, place) => markOf(cells[place]));
  const href = hrefOf('/runs', { view, state: 'failed', from: since }).replaceAll('&', '&amp;');
  const failures = failed === 0 ? '0' : `<a href="${href}">${count(failed)}</a>`;
  return `<tr><th scope=row><a href=/views/${view}>${view}</a><td>${marked(marks.join(''))}<td>${failures}\n`;
}

function markOf(state: GridState | undefined): string {
  return state === undefined ? NO_RUN : MARKS[state];
}

/** Failed marks stand out; the other marks are plain text. */
function marked(marks: string): string {
  return marks.replaceAll('>', '&gt;').replaceAll(/x+/g, (failed) => `<b>${failed}</b>`);
}
