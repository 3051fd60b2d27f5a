// The filter of the overview: by name, entity or tag, by state, by job.

import { html } from 'hono/html';
import type { NextTick } from '../../presentation/next-ticks.ts';
import type { ViewSummary } from '../../state/queries/view-summaries.ts';
import { needsAttention, stateOf, VIEW_STATES } from '../../state/views/view-state.ts';
import type { Html } from '../context.ts';

/** The data of a view that the filter needs. */
export type Brief = ViewSummary & { readonly ticks: readonly NextTick[] };

export type Filter = { readonly text: string | null; readonly state: string | null; readonly job: string | null };
export function matches({ text, state, job }: Filter): (status: Brief) => boolean {
  const word = text?.toLowerCase() ?? '';
  return (status) => {
    const { name, entity, description, tags } = status.view;
    const isNamed = [name, entity, description, ...tags].some((one) => one.toLowerCase().includes(word));
    const isIn = state === null || (state === 'problems' ? needsAttention(status) : stateOf(status) === state);
    return isNamed && isIn && (job === null || status.ticks.some((tick) => tick.job === job));
  };
}

/** The most frequent choices first. */
const WORDS = ['problems', 'ok', ...VIEW_STATES.filter((state) => state !== 'ok')];

export function filterForm({ text, state, job }: Filter, jobs: readonly string[]): Html {
  const options = (words: readonly string[], chosen: string | null) =>
    words.map((word) => html`<option value="${word}"${word === chosen ? html` selected` : ''}>${word}</option>`);
  return html`<form class="filter" method="get" action="/" role="search">
<label>Name, entity or tag <input type="search" name="q" value="${text ?? ''}" maxlength="100"></label>
<label>State <select name="state"><option value="">all</option>${options(WORDS, state)}</select></label>
<label>Job <select name="job"><option value="">all</option>${options(jobs, job)}</select></label>
<button type="submit">Show</button>
</form>`;
}
