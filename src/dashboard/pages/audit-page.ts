// The audit page: who requested what and when, and the outcome, newest first.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { actorText, factsText, outcomeText } from '../../presentation/audit.ts';
import { type AuditRow, auditPage } from '../../state/audit.ts';
import { viewNames } from '../../state/queries/view-page.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, idOf } from '../href.ts';
import { shownText } from '../parts/shown-text.ts';
import { type Column, older, table } from '../parts/table.ts';
import { secondHtml } from '../parts/time.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';

const ROWS_SHOWN = 50;
const FACTS_CHARACTERS = 300;

export function addAuditPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/audit', async (c) => {
    const view = asked(c, 'view');
    const names = view === null ? [] : await viewNames(database);
    if (view !== null && !names.includes(view)) {
      return notFound(c, { what: 'view', name: view, path: '/audit', list: 'All operations' }, names);
    }
    const query = { view, before: idOf(asked(c, 'before')) };
    const found = await auditPage(database, { ...query, limit: ROWS_SHOWN + 1 });
    const rows = found.slice(0, ROWS_SHOWN);
    const main = html`<h1>Audit</h1>
<p class="lead">All operations from the command line, the dashboard and the API, including refused ones, and deployments by processes when they start.</p>
${filterForm(view)}
${table({ caption: view === null ? 'Newest first' : `Operations on ${view}, newest first`, layout: 'brief', columns: COLUMNS, rows, rowId: ({ id }) => `operation-${id}`, empty: 'No matching operations.' })}
${older('/audit', query, { full: found.length > ROWS_SHOWN, next: { before: rows.at(-1)?.id ?? 0 } })}`;
    return page(c, { title: 'Audit', path: '/audit', main });
  });
}

const COLUMNS: readonly Column<AuditRow>[] = [
  { head: 'When', cell: ({ at }) => secondHtml(at) },
  { head: 'Who', cell: (row) => shownText(actorText(row), { characters: 100 }) },
  { head: 'What', cell: ({ verb }) => verb },
  { head: 'Views', cell: ({ views }) => html`${views.map((name) => html`<a href="/views/${name}">${name}</a> `)}` },
  {
    head: 'Request',
    kind: 'wide',
    cell: ({ request }) => shownText(factsText(request), { characters: FACTS_CHARACTERS }),
  },
  { head: 'Outcome', cell: (row) => outcomeText(row) },
  {
    head: 'Result',
    kind: 'wide',
    cell: ({ result }) => shownText(factsText(result), { characters: FACTS_CHARACTERS }),
  },
];

function filterForm(view: string | null): Html {
  return html`<form class="filter" method="get" action="/audit">
<label>View <input type="search" name="view" value="${view ?? ''}" maxlength="60"></label>
<button type="submit">Show</button>
</form>`;
}
