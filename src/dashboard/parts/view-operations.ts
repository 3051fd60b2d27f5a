// What operators may do to a view: pause or resume it, read a part of its past again, backfill it, and rebuild it online.

import { html } from 'hono/html';
import { BACKFILL_MODES } from '../../plan/backfill.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import type { Html, Viewer } from '../context.ts';
import { actionButton, askedButton } from '../pages/page.ts';

type Operated = Pick<ViewOverview, 'view' | 'isPaused' | 'retired'>;

/** Nothing for viewers. */
export function viewOperations({ view, isPaused, retired }: Operated, viewer: Viewer): Html {
  if (retired || viewer.role !== 'operator') return html``;
  const { name, kind } = view;
  const [what, label] = isPaused ? ['resume', 'Resume'] : ['pause', 'Pause'];
  const rebuild = {
    action: `/views/${name}/rebuild`,
    label: 'Rebuild …',
    question: 'Publish every entity again, and remove what the offline store does not have? Runs go on meanwhile.',
    sure: `Rebuild ${name} online`,
  };
  return html`<p class="next">${actionButton(viewer, `/views/${name}/${what}`, `${label} ${name}`)}</p>
${kind === 'latest' || isPaused ? '' : html`${restateForm(name)}${backfillForm(name)}`}${askedButton(viewer, rebuild)}`;
}

function restateForm(name: string): Html {
  const action = `/views/${name}/restate`;
  return html`<details class="ask" id="ask-${action}"><summary>Restate …</summary>
<p>Reads what is stored from one time up to another again, and releases what is held there. The old rows serve until the new ones have passed their checks.</p>
<form method="post" action="${action}" class="filter" id="act-${action}">${rangeFields(name, 'required')}<button type="submit">Restate ${name}</button></form></details>`;
}

function backfillForm(name: string): Html {
  const action = `/views/${name}/backfill`;
  return html`<details class="ask" id="ask-${action}"><summary>Backfill …</summary>
<p>Runs missing, failed (held) or all units of the past beside the schedule. Without a time it begins with the view, and ends with what is settled.</p>
<form method="post" action="${action}" class="filter" id="act-${action}">${rangeFields(name, 'optional')}
<label>Mode <select name="mode">${BACKFILL_MODES.map((mode) => html`<option value="${mode}">${mode}</option>`)}</select></label>
<button type="submit">Backfill ${name}</button></form></details>`;
}

/** A restatement of all there is takes an explicit time on the page. */
function rangeFields(name: string, need: 'required' | 'optional'): Html {
  const required = need === 'required' ? html` required` : '';
  const field = (label: string, key: 'from' | 'to') =>
    html`<label>${label} <input type="text" name="${key}" placeholder="2026-09-01" maxlength="30" aria-label="${label} (${name})"${required}></label>`;
  return html`${field('From', 'from')}${field('Up to', 'to')}`;
}
