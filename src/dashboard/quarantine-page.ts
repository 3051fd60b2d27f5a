// Refused rows with their reasons, newest first; of a redacted view neither the row nor what was wrong with its values.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { REFUSAL_REASONS } from '../rows/refusal.ts';
import { type ListedRefusal, quarantinePage } from '../state/quarantine-page.ts';
import { viewNames } from '../state/view-page.ts';
import type { DashboardContext, DashboardEnv, Html } from './context.ts';
import { asked, idOf } from './href.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';
import { shownText } from './shown-text.ts';
import { type Column, older, table } from './table.ts';
import { spanHtml, timeHtml } from './time.ts';

const ROWS_SHOWN = 50;
/** A page of the longest weighs less than 500 kB, whatever they hold. */
const ROW_CHARACTERS = 1_000;
const DETAIL_CHARACTERS = 300;
const MEANINGS: ReadonlyMap<string, string> = new Map(Object.entries(REFUSAL_REASONS));

type Filter = { readonly view: string | null; readonly reason: string | null; readonly run: number | null };

export function addQuarantinePage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/quarantine', async (c) => {
    const filter = { view: asked(c, 'view'), reason: asked(c, 'reason'), run: idOf(asked(c, 'run')) };
    const names = filter.view === null ? [] : await viewNames(database);
    if (filter.view !== null && !names.includes(filter.view)) {
      return notFound(c, { what: 'view', name: filter.view, path: '/quarantine', list: 'All refused rows' }, names);
    }
    const asked50 = { ...filter, after: idOf(asked(c, 'after')) };
    const found = await quarantinePage(database, { ...asked50, limit: ROWS_SHOWN + 1 });
    const rows = found.slice(0, ROWS_SHOWN);
    const main = html`<h1>Refused rows</h1>
<p class="lead">All refused rows are counted on the page of their run; of each reason some are kept here.</p>
${filterForm(filter)}
${table({ caption: captionOf(filter), columns: COLUMNS, rows, empty: emptyText(filter), note: rowHtml })}
${older('/quarantine', asked50, { full: found.length > ROWS_SHOWN, next: { after: rows.at(-1)?.id ?? 0 } })}`;
    return page(c, { title: 'Quarantine', path: '/quarantine', main });
  });
}

const COLUMNS: readonly Column<ListedRefusal>[] = [
  { head: 'Run', cell: ({ run }) => html`<a href="/runs/${run}">${run}</a>` },
  { head: 'View', cell: ({ view }) => html`<a href="/views/${view}">${view}</a>` },
  { head: 'Span', cell: ({ span }) => spanHtml(span) },
  { head: 'When', cell: ({ at }) => timeHtml(at) },
  {
    head: 'Reason',
    cell: ({ reason }) => html`<span title="${MEANINGS.get(reason) ?? ''}">${shownText(reason)}</span>`,
  },
  { head: 'What was wrong', kind: 'wide', cell: detailHtml },
];

function detailHtml({ detail, reason }: ListedRefusal): Html {
  if (detail === null)
    return html`${MEANINGS.get(reason) ?? ''} <span class="dim">(the view is redacted: its rows are not shown)</span>`;
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
    reason === null ? '' : `, because of ${reason}`,
  ];
  return `Refused rows${parts.join('')}, newest first`;
}

function filterForm({ view, reason, run }: Filter): Html {
  return html`<form class="filter" method="get" action="/quarantine">
<label>View <input type="search" name="view" value="${view ?? ''}" maxlength="60"></label>
<label>Reason <select name="reason"><option value="">all</option>${[...MEANINGS.keys()].map((one) => html`<option value="${one}"${one === reason ? html` selected` : ''}>${one}</option>`)}</select></label>
<label>Run <input type="search" name="run" inputmode="numeric" value="${run ?? ''}" maxlength="15"></label>
<button type="submit">Show</button>
</form>`;
}

function emptyText({ view, reason, run }: Filter): Html {
  if (view === null && reason === null && run === null)
    return html`No refused row is kept: every row has passed its check.`;
  return html`No refused row like that is kept. <a href="/quarantine">Show all of them</a>`;
}
