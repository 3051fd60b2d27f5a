// The lineage page: which sources, views and training sets are made of which.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { aroundNode, lineageOf } from '../../plan/lineage.ts';
import { type CatalogueView, catalogueViews, datasetViews } from '../../state/queries/catalogue.ts';
import { viewNames } from '../../state/queries/view-page.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, hrefOf } from '../href.ts';
import { lineageGraph } from '../parts/lineage-graph.ts';
import { type Column, table } from '../parts/table.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';

/** A larger graph cannot be read. */
const NODES_MAX = 200;

export function addLineagePage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/lineage', async (c) => {
    const views = await catalogueViews(database);
    const datasets = await datasetViews(database);
    const name = asked(c, 'view');
    if (name !== null && !views.some(({ view }) => view.name === name)) {
      return notFound(c, { what: 'view', name, path: '/lineage', list: 'The whole graph' }, await viewNames(database));
    }
    const whole = lineageOf(
      views.map(({ view }) => view),
      datasets,
    );
    const graph = name === null ? whole : aroundNode(whole, `view:${name}`);
    const shown = views.filter(({ view }) => graph.nodes.some(({ id }) => id === `view:${view.name}`));
    const usedBy = new Map(
      shown.map(({ view }) => [
        view.name,
        graph.edges
          .filter(([from]) => from === `view:${view.name}`)
          .map(([, to]) => to.replace('dataset:', 'training set ').replace('view:', '')),
      ]),
    );
    const main = html`<h1>Lineage</h1>
<p class="lead">${name === null ? 'All views' : html`What <a href="/views/${name}">${name}</a> reads, and what reads it`}, from left to right: sources, views, training sets.${name === null ? '' : html` <a href="/lineage">The whole graph</a>`}</p>
${shown.length === 0 ? '' : graph.nodes.length > NODES_MAX ? html`<p class="empty">The graph has ${graph.nodes.length} nodes, too many to draw: choose a view below.</p>` : lineageGraph(graph)}
${table({ caption: 'The graph as a table', columns: columnsOf(usedBy), rows: shown, rowId: ({ view }) => `lineage-${view.name}`, empty: 'No views are deployed yet.' })}`;
    return page(c, { title: 'Lineage', path: '/catalogue', main });
  });
}

function columnsOf(usedBy: ReadonlyMap<string, readonly string[]>): readonly Column<CatalogueView>[] {
  const list = (names: readonly string[]): Html | string => (names.length === 0 ? '–' : names.join(', '));
  return [
    {
      head: 'View',
      kind: 'name',
      cell: ({ view }) => html`<a href="${hrefOf('/lineage', { view: view.name })}">${view.name}</a>`,
    },
    { head: 'Source', cell: ({ view }) => (view.source === '' ? 'pushed by programs' : view.source) },
    { head: 'After', cell: ({ view }) => list(view.after) },
    { head: 'Used by', kind: 'wide', cell: ({ view }) => list(usedBy.get(view.name) ?? []) },
  ];
}
