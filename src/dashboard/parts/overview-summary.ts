// Summary above the list of views: counts by state, alerts, processes, and problems that stop work.

import { html } from 'hono/html';
import { textOf } from '../../core/message.ts';
import { conditionSentence } from '../../presentation/alert-text.ts';
import { type AliveCounts, isUnscheduled, missingProcesses } from '../../presentation/alive.ts';
import { count, counted } from '../../presentation/format.ts';
import { unscheduledSentence } from '../../presentation/next-run.ts';
import { queueFaultText } from '../../presentation/queue-faults.ts';
import type { FiringCondition } from '../../state/alerts/overview.ts';
import type { RecordedFault } from '../../state/queue-faults.ts';
import { needsAttention, stateOf } from '../../state/views/view-state.ts';
import type { Html } from '../context.ts';
import { hrefOf } from '../href.ts';
import type { Brief } from './overview-filter.ts';
import type { QueueStatus } from './queue-status.ts';
import { messageHtml } from './sentence.ts';
import { shownText } from './shown-text.ts';
import { timeHtml } from './time.ts';

export type OverviewSummary = {
  readonly all: readonly Brief[];
  readonly alive: AliveCounts;
  readonly queue: QueueStatus;
  readonly queueFaults: readonly RecordedFault[];
  readonly firing: readonly FiringCondition[];
};

export function summaryHtml({ all, alive, queue, queueFaults, firing }: OverviewSummary): Html {
  const states = Map.groupBy(all, stateOf);
  const problems = all.filter(needsAttention).length;
  const words = [...states].sort(([, a], [, b]) => b.length - a.length);
  const unseen = unscheduledSentence(all.filter(isUnscheduled).map(({ view }) => view.name));
  const notes = [...missingProcesses(all, alive), unseen, ...queueFaults.map(queueFaultText)].filter(
    (note) => note.length > 0,
  );
  return html`<section class="summary" aria-label="Summary">
<p class="states"><strong>${counted(all.length, 'view')}</strong>${words.map(([state, views]) => html` <a href="${hrefOf('/', { state })}" class="badge v-${state}">${count(views.length)} ${state}</a>`)}${problems === 0 ? '' : html` <a href="/?state=problems">${count(problems)} ${problems === 1 ? 'needs' : 'need'} attention</a>`}</p>
<p class="alive">${counted(alive.schedulers, 'scheduler')} and ${counted(alive.workers, 'worker')} alive · ${queue.isAnswering === null ? 'Redis and the queues: not checked yet' : queue.isAnswering ? 'queues are up' : html`<span class="tone-red">${shownText(queue.sentence)}</span>`}</p>
${alertsHtml(firing)}
${notes.map((note) => html`<p class="warning">${messageHtml(note)}</p>`)}
</section>`;
}

/** A line per condition, for any number of views. */
function alertsHtml(firing: readonly FiringCondition[]): Html {
  if (firing.length === 0) return html``;
  return html`<ul class="alerts" aria-label="Firing alerts">${firing.map((one) => html`<li>${ALARM} <code>${one.condition}</code> since ${timeHtml(one.since)}${one.views === 1 ? '; when detected' : ''}: ${whatHtml(one)}</li>`)}</ul>`;
}

function whatHtml({ condition, views, names, facts }: FiringCondition): Html {
  const links = names.map((name, place) => html`${place === 0 ? '' : ', '}<a href="/views/${name}">${name}</a>`);
  const more = views - names.length;
  if (views > 1) {
    return html`${counted(views, 'view')}: ${links}${more === 0 ? '' : html` and ${count(more)} more (<code>millrace alerts</code>)`}`;
  }
  const [name = ''] = names;
  return html`<a href="/views/${name}">${shownText(textOf(conditionSentence(condition, { name, facts })), { characters: 300 })}</a>`;
}

const ALARM = html`<span aria-hidden="true">⚠</span>`;

/** The mark at a view with firing alerts: how many, and which. */
export function alarmHtml(conditions: readonly string[]): Html {
  if (conditions.length === 0) return html``;
  return html` <span class="alarm" title="${conditions.join(', ')}">${ALARM} ${counted(conditions.length, 'alert')}</span>`;
}
