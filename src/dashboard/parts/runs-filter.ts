// The filter of the list of runs: view, state, reason, failure code, and the time of planning.

import type { Context } from 'hono';
import { html } from 'hono/html';
import { type EpochMs, parseInstant } from '../../core/instant.ts';
import { RUN_REASONS, type RunReason } from '../../state/runs/run.ts';
import { RUN_STATES, type RunState } from '../../state/runs/states.ts';
import type { DashboardEnv, Html } from '../context.ts';
import { asked } from '../href.ts';

export type RunsFilter = {
  readonly view: string | null;
  readonly state: RunState | null;
  readonly reason: RunReason | null;
  readonly code: string | null;
  readonly planned: { readonly from: EpochMs | null; readonly to: EpochMs | null };
};

/** The parameters as they were typed, for forms and links. */
export type RunsQuery = Readonly<Record<'view' | 'state' | 'reason' | 'code' | 'from' | 'to', string | null>>;

export function runsQuery(c: Context<DashboardEnv>): RunsQuery {
  const of = (name: string) => asked(c, name);
  return {
    view: of('view'),
    state: of('state'),
    reason: of('reason'),
    code: of('code'),
    from: of('from'),
    to: of('to'),
  };
}

/** The filter, or what is wrong with the query. */
export function filterOf({ view, state, reason, code, from, to }: RunsQuery): RunsFilter | string {
  const knownState = RUN_STATES.find((one) => one === state) ?? null;
  const knownReason = RUN_REASONS.find((one) => one === reason) ?? null;
  if (state !== knownState) return wrong(state, 'a state of a run', RUN_STATES);
  if (reason !== knownReason) return wrong(reason, 'a reason of a run', RUN_REASONS);
  const [since, until] = [from, to].map((text) => (text === null ? null : parseInstant(text)));
  for (const [text, at] of [
    [from, since],
    [to, until],
  ] as const) {
    if (text !== null && at === null) return `“${text}” is not a valid time: expected 2026-09-01 or 2026-09-01T13:00Z.`;
  }
  return { view, state: knownState, reason: knownReason, code, planned: { from: since ?? null, to: until ?? null } };
}

function wrong(text: string | null, what: string, known: readonly string[]): string {
  return `“${text}” is not ${what}: expected one of ${known.join(', ')}.`;
}

export function runsFilterForm(query: RunsQuery, codes: readonly string[]): Html {
  return html`<form class="filter" method="get" action="/runs">
${field('View', 'view', query)}
${choice('State', 'state', query, RUN_STATES)}
${choice('Reason', 'reason', query, RUN_REASONS)}
${choice('Failure', 'code', query, query.code === null || codes.includes(query.code) ? codes : [query.code, ...codes])}
${field('From', 'from', query)}
${field('Up to', 'to', query)}
<button type="submit">Show</button>
</form>`;
}

function field(label: string, name: keyof RunsQuery, query: RunsQuery): Html {
  return html`<label>${label} <input type="search" name="${name}" value="${query[name] ?? ''}" maxlength="60"></label>`;
}

function choice(label: string, name: keyof RunsQuery, query: RunsQuery, words: readonly string[]): Html {
  const options = words.map(
    (word) => html`<option value="${word}"${word === query[name] ? html` selected` : ''}>${word}</option>`,
  );
  return html`<label>${label} <select name="${name}"><option value="">all</option>${options}</select></label>`;
}

/** `Failed runs of spend, with SOURCE_SHAPE, newest first`. */
export function runsCaption({ view, state, reason, code }: RunsQuery): string {
  const parts = [
    state === null ? 'Runs' : `Runs that are ${state}`,
    view === null ? '' : ` of ${view}`,
    reason === null ? '' : `, reason ${reason}`,
    code === null ? '' : `, failed with ${code}`,
  ];
  return `${parts.join('')}, newest first`;
}
