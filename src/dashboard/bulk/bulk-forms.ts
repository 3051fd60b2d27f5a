// The forms to pause, resume or retry many views together, on the overview.

import { html } from 'hono/html';
import type { Database } from '../../postgres/database.ts';
import { failureCodes } from '../../state/queries/failure-codes.ts';
import { sourcesOfViews } from '../../state/queries/sources-of-views.ts';
import type { ViewSummary } from '../../state/queries/view-summaries.ts';
import type { Html, Viewer } from '../context.ts';

/** Empty for viewers. */
export async function bulkForms(database: Database, views: readonly ViewSummary[], viewer: Viewer): Promise<Html> {
  if (viewer.role !== 'operator') return html``;
  const tags = [...new Set(views.filter(({ retired }) => !retired).flatMap(({ view }) => view.tags))].sort();
  const sources = await sourcesOfViews(database);
  const targets = [
    ['all', 'all views'],
    ...tags.map((tag) => [`tag:${tag}`, `tag ${tag}`] as const),
    ...sources.map((source) => [`source:${source}`, `source ${source}`] as const),
  ] as const;
  const code = html`<label>Failure <select name="code"><option value="">any</option>${(await failureCodes(database)).map((one) => html`<option value="${one}">${one}</option>`)}</select></label>`;
  const reason = html`<label>Reason <input type="text" name="reason" maxlength="500"></label>`;
  return html`<section aria-label="Bulk actions"><h2>Bulk actions</h2>
${form('retry', 'Retry failed runs', targets, code)}
${form('pause', 'Pause', targets, reason)}
${form('resume', 'Resume paused views', targets, '')}</section>`;
}

function form(
  verb: string,
  label: string,
  targets: readonly (readonly [string, string])[],
  fields: Html | string,
): Html {
  return html`<form method="post" action="/bulk/${verb}" class="filter" id="act-/bulk/${verb}">
<label>Views <select name="target" aria-label="Views (${label})">${targets.map(([value, words]) => html`<option value="${value}">${words}</option>`)}</select></label>${fields}
<button type="submit">${label}</button></form>`;
}
