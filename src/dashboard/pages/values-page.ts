// The values of a view: each feature over time, from the profiles of its runs.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { FeatureView } from '../../definition/view.ts';
import { count } from '../../presentation/format.ts';
import { distinctText, medianOf, nullShare, shortNumber, topText } from '../../presentation/profile.ts';
import type { FeatureProfile } from '../../quality/profile.ts';
import { type UnitProfile, unitProfiles } from '../../state/queries/profiles.ts';
import { viewOverviews } from '../../state/queries/view-overview.ts';
import { viewNames } from '../../state/queries/view-page.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, hrefOf } from '../href.ts';
import { featureChart } from '../parts/feature-chart.ts';
import { shownText } from '../parts/shown-text.ts';
import { type Column, table } from '../parts/table.ts';
import { spanHtml, timeHtml } from '../parts/time.ts';
import { notFound } from './not-found.ts';
import { page } from './page.ts';

const UNITS_SHOWN = 90;
const FEATURES_CHARTED = 40;

export function addValuesPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/views/:name/values', async (c) => {
    const name = c.req.param('name');
    const [overview] = await viewOverviews(database, [name]);
    if (overview === undefined) {
      return notFound(c, { what: 'view', name, path: '/', list: 'All views' }, await viewNames(database));
    }
    const { view } = overview;
    const units = await unitProfiles(database, view, { from: null, to: null, limit: UNITS_SHOWN });
    const feature = view.features.find((one) => one.name === asked(c, 'feature'))?.name ?? null;
    return page(c, { title: `Values of ${name}`, path: '/', main: valuesMain(view, units, feature) });
  });
}

function valuesMain(view: FeatureView, units: readonly UnitProfile[], feature: string | null): Html {
  const heading = html`<h1>Values of <a href="/views/${view.name}">${view.name}</a></h1>`;
  const newest = units.at(-1);
  if (newest === undefined) return html`${heading}<p class="empty">No runs of ${view.name} have a profile yet.</p>`;
  const hidden = view.redacted ? ' The view is redacted, so no values are shown.' : '';
  if (feature !== null) {
    return html`${heading}
<p class="lead">The feature ${feature} in the last ${count(units.length)} intervals.${hidden} <a href="/views/${view.name}/values">All features</a></p>
<div class="plots one">${featureChart(feature, units)}</div>
${unitsTable(units, feature)}`;
  }
  const charted = view.features.slice(0, FEATURES_CHARTED);
  return html`${heading}
<p class="lead">Profiles of the last ${count(units.length)} intervals. To see the numbers of a feature, open its page.${hidden}</p>
${newestTable(view, newest)}
<h2>Over time</h2>
<div class="plots">${charted.map(({ name }) => featureChart(name, units))}</div>`;
}

function newestTable(view: FeatureView, { profile, run, span }: UnitProfile): Html {
  const shown = view.features.map(({ name, type }) => ({ name, type, of: profile.features[name] ?? null }));
  const cell =
    (text: (of: FeatureProfile) => string) =>
    ({ of }: (typeof shown)[number]) =>
      of === null ? '–' : text(of);
  return html`<p>The newest interval ${spanHtml(span)} has ${count(profile.rows)} rows, from <a href="/runs/${run}">run ${run}</a>.</p>
${table({
  caption: 'The newest interval',
  columns: [
    {
      head: 'Feature',
      kind: 'name',
      cell: ({ name }) => html`<a href="${hrefOf(`/views/${view.name}/values`, { feature: name })}">${name}</a>`,
    },
    { head: 'Type', cell: ({ type }) => type },
    { head: 'Nulls', kind: 'number', cell: cell((of) => nullShare(profile, of)) },
    { head: 'Distinct', kind: 'number', cell: cell((of) => distinctText(of, profile)) },
    { head: 'Min', kind: 'number', cell: cell(({ min }) => shortNumber(min)) },
    { head: 'Median', kind: 'number', cell: cell((of) => shortNumber(medianOf(of))) },
    { head: 'Mean', kind: 'number', cell: cell(({ mean }) => shortNumber(mean)) },
    { head: 'Max', kind: 'number', cell: cell(({ max }) => shortNumber(max)) },
    { head: 'Frequent', kind: 'wide', cell: ({ of }) => (of === null ? '–' : shownText(topText(of, profile, 3))) },
  ],
  rows: shown,
  rowId: ({ name }) => `feature-${name}`,
  empty: 'The view has no features.',
})}`;
}

function unitsTable(units: readonly UnitProfile[], feature: string): Html {
  const cell =
    (text: (of: FeatureProfile, unit: UnitProfile) => string) =>
    (unit: UnitProfile): string => {
      const of = unit.profile.features[feature];
      return of === undefined ? '–' : text(of, unit);
    };
  const columns: readonly Column<UnitProfile>[] = [
    { head: 'Interval', cell: ({ span, committedAt }) => (span === null ? timeHtml(committedAt) : spanHtml(span)) },
    { head: 'Rows', kind: 'number', cell: ({ profile }) => count(profile.rows) },
    { head: 'Nulls', kind: 'number', cell: cell((of, { profile }) => nullShare(profile, of)) },
    { head: 'Distinct', kind: 'number', cell: cell((of, { profile }) => distinctText(of, profile)) },
    { head: 'Min', kind: 'number', cell: cell(({ min }) => shortNumber(min)) },
    { head: 'Median', kind: 'number', cell: cell((of) => shortNumber(medianOf(of))) },
    { head: 'Mean', kind: 'number', cell: cell(({ mean }) => shortNumber(mean)) },
    { head: 'Deviation', kind: 'number', cell: cell(({ deviation }) => shortNumber(deviation)) },
    { head: 'Max', kind: 'number', cell: cell(({ max }) => shortNumber(max)) },
    {
      head: 'Frequent',
      kind: 'wide',
      cell: (unit) => shownText(cell((of, { profile }) => topText(of, profile, 3))(unit)),
    },
    { head: 'Run', kind: 'id', cell: ({ run }) => html`<a href="/runs/${run}">${run}</a>` },
  ];
  return table({
    caption: 'By interval, newest first',
    columns,
    rows: units.toReversed(),
    rowId: ({ run }) => `unit-${run}`,
    empty: '',
  });
}
