// Refused rows with reasons, newest first. For redacted views, only the reason is shown.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { type ListedRefusal, quarantinePage } from '../../state/queries/quarantine-page.ts';
import { refusalGroups } from '../../state/queries/refusal-groups.ts';
import { viewNames } from '../../state/queries/view-page.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, idOf, wrongId } from '../href.ts';
import { meaningOf, REASONS } from '../parts/meaning.ts';
import { groupsHtml } from '../parts/refusal-groups.ts';
import { shownText } from '../parts/shown-text.ts';
import { type Column, older, table } from '../parts/table.ts';
import { spanHtml, timeHtml } from '../parts/time.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';

const ROWS_SHOWN = 50;
/** Keeps a page of the longest rows below 500 kB. */
const ROW_CHARACTERS = 1_000;
const DETAIL_CHARACTERS = 300;

type Filter = { readonly view: string | null; readonly reason: string | null; readonly run: number | null };

export function addQuarantinePage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/quarantine', async (c) => {
    const filter = { view: asked(c, 'view'), reason: asked(c, 'reason'), run: idOf(asked(c, 'run')) };
    const names = filter.view === null ? [] : await viewNames(database);
    if (filter.view !== null && !names.includes(filter.view)) {
      return notFound(c, { what: 'view', name: filter.view, path: '/quarantine', list: 'All refused rows' }, names);
    }
    const all = asked(c, 'rows') === 'all' ? 'all' : null;
    const query = { ...filter, rows: all, after: idOf(asked(c, 'after')) };
    const wrong = wrongId(c, 'run') ?? wrongId(c, 'after');
    // Groups first: many rows of one kind would hide the others.
    const isGrouped = filter.reason === null && filter.run === null && all === null && query.after === null;
    const isListed = wrong === null && !isGrouped;
    const found = isListed ? await quarantinePage(database, { ...query, limit: ROWS_SHOWN + 1 }) : [];
    const rows = found.slice(0, ROWS_SHOWN);
    const list =
      isGrouped && wrong === null
        ? groupsHtml(await refusalGroups(database, filter), filter.view)
        : html`${table({ caption: captionOf(filter), layout: 'brief', columns: COLUMNS, rows, rowId: ({ id }) => `refused-${id}`, empty: wrong === null ? emptyText(filter) : wrongText(wrong), note: rowHtml })}
${older('/quarantine', query, { full: found.length > ROWS_SHOWN, next: { after: rows.at(-1)?.id ?? 0 } })}`;
    const main = html`<h1>Refused rows</h1>
<p class="lead">This page shows a sample of the refused rows for each reason. The page of a run shows their number.</p>
${filterForm(filter)}
${list}`;
    return page(c, { title: 'Quarantine', path: '/quarantine', main });
  });
}

const COLUMNS: readonly Column<ListedRefusal>[] = [
  { head: 'Run', kind: 'id', cell: ({ run }) => html`<a href="/runs/${run}">${run}</a>` },
  { head: 'View', cell: ({ view }) => html`<a href="/views/${view}">${view}</a>` },
  { head: 'Span', cell: ({ span }) => spanHtml(span) },
  { head: 'When', cell: ({ at }) => timeHtml(at) },
  {
    head: 'Reason',
    cell: ({ reason }) => html`<span title="${meaningOf(reason)}">${shownText(reason)}</span>`,
  },
  { head: 'Field', cell: ({ field }) => (field === null ? html`–` : shownText(field)) },
  { head: 'What was wrong', kind: 'wide', cell: detailHtml },
];

function detailHtml({ detail, reason }: ListedRefusal): Html {
  if (detail === null)
    return html`${meaningOf(reason)} <span class="dim">(rows of redacted views are not shown)</span>`;
  return shownText(detail.text, { characters: DETAIL_CHARACTERS, bytes: detail.bytes });
}

function rowHtml({ row }: ListedRefusal): Html | null {
  if (row === null) return null;
  return html`<pre class="row">${shownText(row.text, { characters: ROW_CHARACTERS, bytes: row.bytes })}</pre>`;
}

function captionOf({ view, reason, run }: Filter): string {
  const parts = [
    view === null ? '' : ` of ${view}`,
    run === null ? '' : ` of run ${run}`,
    reason === null ? '' : `, reason ${reason}`,
  ];
  return `Refused rows${parts.join('')}, newest first`;
}

function filterForm({ view, reason, run }: Filter): Html {
  return html`<form class="filter" method="get" action="/quarantine">
<label>View <input type="search" name="view" value="${view ?? ''}" maxlength="60"></label>
<label>Reason <select name="reason"><option value="">all</option>${REASONS.map((one) => html`<option value="${one}"${one === reason ? html` selected` : ''}>${one}</option>`)}</select></label>
<label>Run <input type="search" name="run" inputmode="numeric" value="${run ?? ''}" maxlength="15"></label>
<button type="submit">Show</button>
</form>`;
}

function wrongText(sentence: string): Html {
  return html`${shownText(sentence, { characters: 400 })} <a href="/quarantine">Show all</a>`;
}

function emptyText({ view, reason, run }: Filter): Html {
  if (view === null && reason === null && run === null) return html`No refused rows: all rows passed the row check.`;
  return html`No matching refused rows. <a href="/quarantine">Show all</a>`;
}
