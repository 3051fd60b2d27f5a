// How all stands, in a few lines above the views: counts by state, alerts, who is alive, and what would be done and is not.

import { html } from 'hono/html';
import type { FiringAlerts } from '../state/alert-overview.ts';
import { needsSomebody, stateOf } from '../state/view-state.ts';
import { type AliveCounts, isUnseen, missingProcesses } from '../words/alive.ts';
import { count, counted } from '../words/format.ts';
import { unscheduledSentence } from '../words/next-look.ts';
import type { Html } from './context.ts';
import { hrefOf } from './href.ts';
import type { Brief } from './overview-filter.ts';
import type { QueueStanding } from './queue-standing.ts';
import { sentence } from './sentence.ts';
import { shownText } from './shown-text.ts';
import { timeHtml } from './time.ts';

export type Standing = {
  readonly all: readonly Brief[];
  readonly alive: AliveCounts;
  readonly queue: QueueStanding;
  readonly firing: FiringAlerts;
};

export function standing({ all, alive, queue, firing }: Standing): Html {
  const states = Map.groupBy(all, stateOf);
  const problems = all.filter(needsSomebody).length;
  const words = [...states].sort(([, a], [, b]) => b.length - a.length);
  const unseen = unscheduledSentence(all.filter(isUnseen).map(({ view }) => view.name));
  const notes = [...missingProcesses(all, alive), unseen].filter((note) => note !== '');
  return html`<section class="standing" aria-label="How all stands">
<p class="states"><strong>${counted(all.length, 'view')}</strong>${words.map(([state, views]) => html` <a href="${hrefOf('/', { state })}" class="badge v-${state}">${count(views.length)} ${state}</a>`)}${problems === 0 ? '' : html` <a href="/?state=problems">${count(problems)} ${problems === 1 ? 'needs' : 'need'} somebody</a>`}</p>
<p class="alive">${counted(alive.schedulers, 'scheduler')} and ${counted(alive.workers, 'worker')} alive · ${queue.isAnswering === null ? 'Redis and the queues: not asked yet' : queue.isAnswering ? 'the queues answer' : html`<span class="tone-red">${shownText(queue.sentence)}</span>`}</p>
${alertsHtml(firing)}
${notes.map((note) => html`<p class="warning">${sentence(note)}</p>`)}
</section>`;
}

function alertsHtml({ total, alerts }: FiringAlerts): Html {
  if (total === 0) return html``;
  const more = total - alerts.length;
  return html`<details class="alerts"><summary class="tone-red">${counted(total, 'alert')} ${total === 1 ? 'fires' : 'fire'}</summary>
<ul>${alerts.map(({ view, condition, since, what }) => html`<li><a href="/views/${view}">${view}</a> <code>${condition}</code> since ${timeHtml(since)}: ${shownText(what, { characters: 300 })}</li>`)}</ul>
${more === 0 ? '' : html`<p class="dim">… and ${count(more)} more: <code>millrace alerts</code></p>`}</details>`;
}
