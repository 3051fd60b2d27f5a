// An entity in all views: its newest row offline with the run that wrote it, and its row online.

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { Failure, withoutValues } from '../../core/failure.ts';
import { textOf } from '../../core/message.ts';
import { entityIdOf, entityIdText, entityText, isComposite, partNames, partsOf } from '../../definition/entity.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { FeatureValue } from '../../feature-types/index.ts';
import { counted, microsText } from '../../presentation/format.ts';
import { appliedViews } from '../../state/views/views.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked } from '../href.ts';
import { page } from '../pages/page.ts';
import { shownText } from '../parts/shown-text.ts';
import { type Column, table } from '../parts/table.ts';
import type { EntityInView, StoredRow } from './entity-rows.ts';

/** Each view costs two small queries. */
const VIEWS_READ_MAX = 100;
const VALUE_CHARACTERS = 100;
/** No entity id is longer. */
const ID_MAX = 512;

export function addEntityPage(app: Hono<DashboardEnv>, { database, readEntity }: DashboardContext): void {
  app.get('/entities', async (c) => {
    const kind = asked(c, 'entity');
    const all = (await appliedViews(database))
      .filter(({ retired, view }) => !retired && view.partsOf === undefined)
      .map(({ view }) => view);
    const kinds = [...new Set(all.map(({ entity }) => entity))].sort();
    const id = idAsked(c, kind);
    const views = all.filter(({ entity }) => kind === null || entity === kind);
    const read = views.slice(0, VIEWS_READ_MAX);
    const rows = id === null || readEntity === undefined ? [] : await readEntity(read, id);
    const main = html`<h1>Entities</h1>
<p class="lead">The newest row of an entity in each view, the run that wrote it, and the values that readers get online.</p>
${searchForm(c, id, kind, kinds)}
${id === null ? '' : resultHtml(id, rows, views)}`;
    return page(c, { title: 'Entities', path: '/entities', main });
  });
}

/** The id that is searched for. The components of a composite entity have a field each. */
function idAsked(c: Context<DashboardEnv>, kind: string | null): string | null {
  const id = asked(c, 'id', ID_MAX);
  if (id !== null || kind === null || !isComposite({ entity: kind })) return id;
  const parts = partNames({ entity: kind }).map((part) => [part, c.req.query(fieldOf(part))] as const);
  const given = parts.flatMap(([part, text]) => (text === undefined ? [] : [[part, text] as const]));
  return given.length < parts.length ? null : entityIdOf({ entity: kind }, Object.fromEntries(given));
}

function fieldOf(part: string): string {
  return `part.${part}`;
}

function searchForm(c: Context<DashboardEnv>, id: string | null, kind: string | null, kinds: readonly string[]): Html {
  const options = kinds.map(
    (one) => html`<option value="${one}"${one === kind ? html` selected` : ''}>${entityText({ entity: one })}</option>`,
  );
  const parts = kind === null || !isComposite({ entity: kind }) ? null : partNames({ entity: kind });
  const known = parts === null || id === null ? null : partsOf({ entity: kind ?? '' }, id);
  const fields =
    parts === null
      ? html`<label>Entity id <input type="search" name="id" value="${id ?? ''}" maxlength="${ID_MAX}" required></label>`
      : parts.map((part) => {
          const value = known?.[part] ?? c.req.query(fieldOf(part)) ?? '';
          return html`<label>${part} <input type="search" name="${fieldOf(part)}" value="${value}" maxlength="${ID_MAX}"></label>`;
        });
  return html`${compositeLinks(kind, kinds)}<form class="filter" method="get" action="/entities" role="search">
${fields}
<label>Entity <select name="entity"><option value="">all</option>${options}</select></label>
<button type="submit">Search</button>
</form>`;
}

/** The form has the fields of the chosen entity only. */
function compositeLinks(kind: string | null, kinds: readonly string[]): Html {
  const others = kinds.filter((one) => isComposite({ entity: one }) && one !== kind);
  if (others.length === 0) return html``;
  const links = others.map((one, index) => {
    const link = html`<a href="/entities?entity=${encodeURIComponent(one)}">${entityText({ entity: one })}</a>`;
    return index === 0 ? link : html`, ${link}`;
  });
  return html`<p>Search by components: ${links}</p>`;
}

function resultHtml(id: string, rows: readonly EntityInView[], views: readonly FeatureView[]): Html {
  const found = rows.filter(({ offline, online }) => offline !== null || online !== null);
  const left = views.length - rows.length;
  return html`${table({
    caption: `${counted(found.length, 'view')} with this entity`,
    columns: COLUMNS,
    rows: found,
    rowId: ({ view }) => `entity-${view.name}`,
    empty: html`No view has a row for ${shownText(shownId(views, id))}.`,
  })}
${left > 0 ? html`<p class="warning">${counted(left, 'more view')} ${left === 1 ? 'was' : 'were'} not searched: choose an entity.</p>` : ''}`;
}

/** By its components, if all searched views have these. */
function shownId(views: readonly FeatureView[], id: string): string {
  const [first] = views;
  const isOne = first !== undefined && views.every(({ entity }) => entity === first.entity);
  return isOne && isComposite(first) ? entityIdText(first, id) : id;
}

const COLUMNS: readonly Column<EntityInView>[] = [
  { head: 'View', kind: 'name', cell: ({ view }) => html`<a href="/views/${view.name}">${view.name}</a>` },
  { head: 'Written by', cell: ({ offline }) => runHtml(offline) },
  { head: 'Offline', kind: 'wide', cell: ({ view, offline }) => rowHtml(view, offline) },
  { head: 'Online', kind: 'wide', cell: ({ view, online }) => rowHtml(view, online) },
];

function runHtml(offline: EntityInView['offline']): Html {
  // Zeros that an edit of the view has written belong to no run.
  if (offline === null || offline instanceof Failure || offline.run === 0) return html`–`;
  return html`<a href="/runs/${offline.run}">run ${offline.run}</a>`;
}

function rowHtml({ redacted, features }: FeatureView, row: StoredRow | Failure | null): Html {
  if (row === null) return html`<span class="dim">no row</span>`;
  if (row instanceof Failure) {
    const { parts } = redacted ? withoutValues(row) : row;
    return html`<span class="tone-red">${shownText(textOf(parts), { characters: 300 })}</span>`;
  }
  const { values } = row;
  const list =
    values === null
      ? html`<span class="dim">values of redacted views are not shown</span>`
      : features.map(({ name }) => html`<br>${name}: ${valueHtml(values[name] ?? null)}`);
  return html`<time>${microsText(row.eventTime)}</time>${values === null ? ' ' : ''}${list}`;
}

function valueHtml(value: FeatureValue): Html {
  if (value === null) return html`<span class="dim">null</span>`;
  const text = typeof value === 'object' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
  return shownText(text, { characters: VALUE_CHARACTERS });
}
