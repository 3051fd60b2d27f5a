// The catalogue: which features there are, what they mean, who owns them, how fresh they are, and how to read them.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { formatDuration } from '../../core/duration.ts';
import { entityText } from '../../definition/entity.ts';
import { hasIntervals } from '../../definition/view.ts';
import { counted } from '../../presentation/format.ts';
import { type CatalogueView, catalogueViews } from '../../state/queries/catalogue.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, hrefOf } from '../href.ts';
import { shownText } from '../parts/shown-text.ts';
import { type Column, older, table } from '../parts/table.ts';
import { timeHtml } from '../parts/time.ts';
import { page } from './page.ts';

const VIEWS_SHOWN = 50;
const FEATURES_SHOWN = 12;

export function addCataloguePage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/catalogue', async (c) => {
    const [q, after] = [asked(c, 'q'), asked(c, 'after')];
    const words = (q ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const found = (await catalogueViews(database)).filter((one) => words.every((word) => textOf(one).includes(word)));
    const rest = found.filter(({ view }) => after === null || view.name > after);
    const rows = rest.slice(0, VIEWS_SHOWN);
    const main = html`<h1>Catalogue</h1>
<p class="lead">All deployed features: what they mean, and how to read them. <a href="/lineage">Lineage</a></p>
<form class="filter" method="get" action="/catalogue">
<label>Name, description, owner, entity, tag or feature <input type="search" name="q" value="${q ?? ''}" maxlength="100"></label>
<button type="submit">Search</button>
</form>
${table({ caption: counted(found.length, 'view'), columns: COLUMNS, rows, rowId: ({ view }) => `catalogue-${view.name}`, empty: q === null ? 'No views are deployed yet.' : 'No matching views.' })}
${older('/catalogue', { q, after }, { full: rest.length > VIEWS_SHOWN, next: { after: rows.at(-1)?.view.name ?? '' }, label: 'More views' })}`;
    return page(c, { title: 'Catalogue', path: '/catalogue', main });
  });
}

/** What a search looks at. */
function textOf({ view }: CatalogueView): string {
  const { name, description, owner = '', entity, source, tags, features } = view;
  const words = [name, description, owner, entity, source, ...tags, ...features.map((feature) => feature.name)];
  return words.join(' ').toLowerCase();
}

const COLUMNS: readonly Column<CatalogueView>[] = [
  {
    head: 'View',
    kind: 'name',
    cell: ({ view }) => html`<a href="/views/${view.name}">${view.name}</a>`,
  },
  {
    head: 'Description',
    kind: 'wide',
    cell: ({ view }) => (view.description === '' ? '–' : shownText(view.description, { characters: 300 })),
  },
  { head: 'Owner', cell: ({ view }) => (view.owner === undefined ? '–' : shownText(view.owner, { characters: 100 })) },
  { head: 'Entity', cell: ({ view }) => entityText(view) },
  { head: 'Features', kind: 'wide', cell: ({ view }) => featuresHtml(view) },
  { head: 'Freshness', cell: freshnessHtml },
  {
    head: 'Read',
    kind: 'wide',
    cell: ({ view, table: offline }) =>
      html`<code>millrace get ${view.name} ID</code> <code>select * from ${offline}</code>`,
  },
  {
    head: 'More',
    cell: ({ view }) =>
      html`<span class="links"><a href="/views/${view.name}/values" aria-label="Values of ${view.name}">Values</a> <a href="${hrefOf('/lineage', { view: view.name })}" aria-label="Lineage of ${view.name}">Lineage</a></span>`,
  },
];

function featuresHtml({ name, features }: CatalogueView['view']): Html {
  const shown = features.slice(0, FEATURES_SHOWN);
  const more = features.length > shown.length ? ` and ${features.length - shown.length} more` : '';
  return html`${shown.map((feature, place) => html`${place === 0 ? '' : ', '}<a href="${hrefOf(`/views/${name}/values`, { feature: feature.name })}">${feature.name}</a> <span class="dim">${feature.type}</span>`)}${more}`;
}

function freshnessHtml({ view, committedAt }: CatalogueView): Html {
  const target = view.freshnessMs === null ? '' : `, target ${formatDuration(view.freshnessMs)}`;
  const every = hasIntervals(view.kind) ? `every ${formatDuration(view.unitMs)}` : view.kind;
  return html`${every}${target}<br><span class="dim">${committedAt === null ? 'nothing stored yet' : html`last stored ${timeHtml(committedAt)}`}</span>`;
}
