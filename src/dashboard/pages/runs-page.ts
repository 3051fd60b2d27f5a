// The list of runs, newest first, with filters.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { failureCodes } from '../../state/queries/failure-codes.ts';
import { runsPage } from '../../state/queries/runs-page.ts';
import { viewNames } from '../../state/queries/view-page.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, hrefOf, idOf, wrongId } from '../href.ts';
import { runTable } from '../parts/run-list.ts';
import { filterOf, type RunsQuery, runsCaption, runsFilterForm, runsQuery } from '../parts/runs-filter.ts';
import { shownText } from '../parts/shown-text.ts';
import { older } from '../parts/table.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';

const RUNS_SHOWN = 50;

export function addRunsPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/runs', async (c) => {
    const query = runsQuery(c);
    const { view } = query;
    const names = view === null ? [] : await viewNames(database);
    if (view !== null && !names.includes(view)) {
      return notFound(c, { what: 'view', name: view, path: '/runs', list: 'All runs' }, names);
    }
    const before = idOf(asked(c, 'before'));
    const filter = filterOf(query);
    const wrong = typeof filter === 'string' ? filter : wrongId(c, 'before');
    const found =
      typeof filter === 'string' || wrong !== null
        ? []
        : await runsPage(database, { ...filter, before, limit: RUNS_SHOWN + 1 });
    const runs = found.slice(0, RUNS_SHOWN);
    const next = { before: runs.at(-1)?.id ?? 0 };
    const empty = wrong === null ? emptyText(query) : wrongText(wrong);
    const main = html`<h1>Runs</h1>
${runsFilterForm(query, await failureCodes(database))}
${runTable(runs, { caption: runsCaption(query), empty, ofView: view })}
${older('/runs', { ...query, before }, { full: found.length > RUNS_SHOWN, next })}`;
    return page(c, { title: 'Runs', path: '/runs', main });
  });
}

function wrongText(sentence: string): Html {
  return html`${shownText(sentence, { characters: 400 })} <a href="/runs">Show all</a>`;
}

function emptyText({ view, ...filters }: RunsQuery): Html {
  const { state } = filters;
  const all = html`<a href="${hrefOf('/runs', { view })}">Show all</a>`;
  if (state !== null && Object.values(filters).every((text) => text === null || text === state))
    return html`No runs are ${state}. ${all}`;
  if (Object.values(filters).some((text) => text !== null)) return html`No matching runs. ${all}`;
  const what = view === null ? html`<code>millrace run VIEW</code>` : html`<code>millrace run ${view}</code>`;
  return html`No runs yet. The next tick of a job plans them. To start one now: ${what}.`;
}
