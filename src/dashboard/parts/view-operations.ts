// The operator's actions on a view: pause or resume, restate, backfill, and rebuild online.

import { html } from 'hono/html';
import { hasIntervals } from '../../definition/view.ts';
import { BACKFILL_MODES } from '../../plan/backfill.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import type { Html, Viewer } from '../context.ts';
import { actionButton, askedButton } from '../pages/page.ts';

type Operated = Pick<ViewOverview, 'view' | 'isPaused' | 'retired'>;

/** Empty for viewers. */
export function viewOperations({ view, isPaused, retired }: Operated, viewer: Viewer): Html {
  if (retired || viewer.role !== 'operator') return html``;
  const { name, kind } = view;
  const [what, label] = isPaused ? ['resume', 'Resume'] : ['pause', 'Pause'];
  const rebuild = {
    action: `/views/${name}/rebuild`,
    label: 'Rebuild …',
    question:
      'Publish every entity again, and remove entities that are not in the offline store? Runs continue in the meantime.',
    sure: `Rebuild ${name} online`,
  };
  return html`<p class="next">${actionButton(viewer, `/views/${name}/${what}`, `${label} ${name}`)}</p>
${!hasIntervals(kind) || isPaused ? '' : html`${restateForm(name)}${backfillForm(name)}`}${askedButton(viewer, rebuild)}`;
}

function restateForm(name: string): Html {
  const action = `/views/${name}/restate`;
  return html`<details class="ask" id="ask-${action}"><summary>Restate …</summary>
<p>Reads a stored range again and releases its held units. Readers get the old rows until the new ones pass their checks.</p>
<form method="post" action="${action}" class="filter" id="act-${action}">${rangeFields(name, 'required')}<button type="submit">Restate ${name}</button></form></details>`;
}

function backfillForm(name: string): Html {
  const action = `/views/${name}/backfill`;
  return html`<details class="ask" id="ask-${action}"><summary>Backfill …</summary>
<p>Runs missing, failed (held) or all past units alongside the schedule. Defaults: from the start of the view to the newest settled unit.</p>
<form method="post" action="${action}" class="filter" id="act-${action}">${rangeFields(name, 'optional')}
<label>Mode <select name="mode">${BACKFILL_MODES.map((mode) => html`<option value="${mode}">${mode}</option>`)}</select></label>
<button type="submit">Backfill ${name}</button></form></details>`;
}

/** On this page, restating everything needs an explicit time. */
function rangeFields(name: string, need: 'required' | 'optional'): Html {
  const required = need === 'required' ? html` required` : '';
  const field = (label: string, key: 'from' | 'to') =>
    html`<label>${label} <input type="text" name="${key}" placeholder="2026-09-01" maxlength="30" aria-label="${label} (${name})"${required}></label>`;
  return html`${field('From', 'from')}${field('Up to', 'to')}`;
}
