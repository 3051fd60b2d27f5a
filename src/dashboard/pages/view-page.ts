// The page of one view: why it is late, its calendar, its runs as plots and a list, and its definition.

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { parseInstant } from '../../core/instant.ts';
import { hasIntervals } from '../../definition/view.ts';
import { stateText } from '../../presentation/views/status-text.ts';
import { viewFacts } from '../../presentation/views/view-facts.ts';
import { viewNames } from '../../state/queries/view-page.ts';
import { stateOf } from '../../state/views/view-state.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, hrefOf, idOf } from '../href.ts';
import { queueStatus } from '../parts/queue-status.ts';
import { runTable } from '../parts/run-list.ts';
import { factList, toned } from '../parts/sentence.ts';
import { shownText } from '../parts/shown-text.ts';
import { older } from '../parts/table.ts';
import { coverageHtml } from '../parts/view-coverage.ts';
import { RUNS_SHOWN, type ViewData, viewData } from '../parts/view-data.ts';
import { definitionHtml } from '../parts/view-definition.ts';
import { viewOperations } from '../parts/view-operations.ts';
import { plotsHtml, refusedHtml } from '../parts/view-runs.ts';
import { whyHtml } from '../parts/view-why.ts';
import { backfillTable } from './backfills-page.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';

export function addViewPage(app: Hono<DashboardEnv>, context: DashboardContext): void {
  const { database } = context;
  const queueNow = queueStatus(context);
  app.get('/views', (c) => c.redirect('/', 302));
  app.get('/views/:name', async (c) => {
    const name = c.req.param('name');
    const day = parseInstant(asked(c, 'at') ?? '');
    const found = await viewData(database, name, { before: idOf(asked(c, 'before')), day });
    if (found === null) {
      const names = await viewNames(database);
      return notFound(c, { what: 'view', name, path: '/', list: 'All views' }, names);
    }
    return page(c, { title: name, path: '/', main: viewMain(c, { ...found, queue: queueNow() }) });
  });
}

function viewMain(c: Context<DashboardEnv>, data: ViewData): Html {
  const { status, drawn, calendar, runs, before, plotted, backfills } = data;
  const { view } = status;
  const shown = runs.slice(0, RUNS_SHOWN);
  return html`<h1>${view.name} <span class="badge v-${stateOf(status)}">${toned(stateText(status))}</span></h1>
${view.description === '' ? '' : html`<p class="lead">${shownText(view.description)}</p>`}
${whyHtml(data, drawn, c.get('viewer'))}
${viewOperations(status, c.get('viewer'))}
${factList(viewFacts(status).filter(([name]) => name !== 'view' && name !== 'state'))}
${drawn === null || calendar === null ? noCalendar(data) : coverageHtml(drawn, calendar)}
<h2 id="runs">Runs</h2>
${plotsHtml(plotted)}
${runTable(shown, { caption: 'Newest first', empty: html`No runs of ${view.name} yet. The next tick of a job plans one; to start one now: <code>millrace run ${view.name}</code>.`, ofView: view.name })}
${older(`/views/${view.name}`, { before }, { full: runs.length > RUNS_SHOWN, next: { before: shown.at(-1)?.id ?? 0 }, label: 'Older runs' })}
${refusedHtml(view.name, plotted)}
<p><a href="/views/${view.name}/values">Values of ${view.name}</a> · <a href="${hrefOf('/lineage', { view: view.name })}">Lineage of ${view.name}</a> · <a href="${hrefOf('/audit', { view: view.name })}">Audit log of ${view.name}</a></p>
${backfills.length === 0 ? '' : html`<h2>Backfills</h2>${backfillTable(backfills, `Newest backfills of ${view.name}`)}`}
${definitionHtml(view)}`;
}

function noCalendar({ status }: ViewData): Html {
  const { view } = status;
  const why = !hasIntervals(view.kind)
    ? `${view.name} is a ${view.kind} view, so it has no intervals.`
    : `${view.name} has no settled interval yet.`;
  return html`<h2 id="calendar">Coverage</h2><p class="empty">${why}</p>`;
}
