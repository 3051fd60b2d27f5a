// The list of runs, newest first, filtered by view and state.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { runsPage } from '../../state/queries/runs-page.ts';
import { viewNames } from '../../state/queries/view-page.ts';
import { RUN_STATES, type RunState } from '../../state/runs/states.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, hrefOf, idOf, wrongId } from '../href.ts';
import { runTable } from '../parts/run-list.ts';
import { shownText } from '../parts/shown-text.ts';
import { older } from '../parts/table.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';

const RUNS_SHOWN = 50;

export function addRunsPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/runs', async (c) => {
    const view = asked(c, 'view');
    const state = RUN_STATES.find((one) => one === asked(c, 'state')) ?? null;
    const names = view === null ? [] : await viewNames(database);
    if (view !== null && !names.includes(view)) {
      return notFound(c, { what: 'view', name: view, path: '/runs', list: 'All runs' }, names);
    }
    const filter = { view, state, before: idOf(asked(c, 'before')) };
    const wrong = wrongState(asked(c, 'state')) ?? wrongId(c, 'before');
    const found = wrong === null ? await runsPage(database, { ...filter, limit: RUNS_SHOWN + 1 }) : [];
    const runs = found.slice(0, RUNS_SHOWN);
    const next = { before: runs.at(-1)?.id ?? 0 };
    const main = html`<h1>Runs</h1>
${filterForm(view, state)}
${runTable(runs, { caption: captionOf(view, state), empty: wrong === null ? emptyText(view, state) : wrongText(wrong), ofView: view })}
${older('/runs', filter, { full: found.length > RUNS_SHOWN, next })}`;
    return page(c, { title: 'Runs', path: '/runs', main });
  });
}

function wrongState(text: string | null): string | null {
  if (text === null || RUN_STATES.some((one) => one === text)) return null;
  return `“${text}” is not a state of a run: expected one of ${RUN_STATES.join(', ')}.`;
}

function wrongText(sentence: string): Html {
  return html`${shownText(sentence, { characters: 400 })} <a href="/runs">Show all of them</a>`;
}

function captionOf(view: string | null, state: RunState | null): string {
  return `${state === null ? 'Runs' : `Runs that are ${state}`}${view === null ? '' : ` of ${view}`}, newest first`;
}

function filterForm(view: string | null, state: RunState | null): Html {
  return html`<form class="filter" method="get" action="/runs">
<label>View <input type="search" name="view" value="${view ?? ''}" maxlength="60"></label>
<label>State <select name="state"><option value="">all</option>${RUN_STATES.map((one) => html`<option value="${one}"${one === state ? html` selected` : ''}>${one}</option>`)}</select></label>
<button type="submit">Show</button>
</form>`;
}

function emptyText(view: string | null, state: RunState | null): Html {
  if (state !== null) return html`No run is ${state}. <a href="${hrefOf('/runs', { view })}">Show all of them</a>`;
  const what = view === null ? html`<code>millrace run VIEW</code>` : html`<code>millrace run ${view}</code>`;
  return html`No runs yet. The next tick of a job plans them. To start one now: ${what}.`;
}
