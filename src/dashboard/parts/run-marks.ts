// Runs as small linked marks, and badges of their states.

import { html } from 'hono/html';
import type { EpochMs } from '../../core/instant.ts';
import { count, shortSpan } from '../../presentation/format.ts';
import { agoText } from '../../presentation/views/status-text.ts';
import type { RunMark } from '../../state/queries/runs-page.ts';
import type { RunState } from '../../state/runs/states.ts';
import type { Html } from '../context.ts';

const MARKS: Readonly<Record<RunState, string>> = {
  planned: '·',
  active: '▸',
  committed: '↑',
  done: '✓',
  failed: '✗',
  cancelled: '–',
  superseded: '○',
};

/** Oldest first. */
export function runMarks(runs: readonly RunMark[], now: EpochMs): Html {
  if (runs.length === 0) return html`–`;
  return html`<span class="marks">${runs.map((run) => {
    const text = `run ${run.id} of ${shortSpan(run.span)}: ${run.state} ${agoText(now - run.at)}, ${count(run.accepted)} rows`;
    return html`<a href="/runs/${run.id}" id="mark-${run.id}" class="mark r-${run.state}" title="${text}" aria-label="${text}">${MARKS[run.state]}</a>`;
  })}</span>`;
}

/** The state of a run as a badge with its mark. */
export function runStateHtml(state: RunState, isWaiting: 'waiting' | null = null): Html {
  return html`<span class="badge r-${state}"><span aria-hidden="true">${MARKS[state]}</span> ${isWaiting ?? state}</span>`;
}
