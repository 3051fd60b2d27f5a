// Runs as a table, for every page that lists them.

import { html } from 'hono/html';
import { humanDuration } from '../../core/duration.ts';
import { countsText } from '../../presentation/runs/run-facts.ts';
import { waitText } from '../../presentation/runs/waits.ts';
import type { ListedRun } from '../../state/queries/runs-page.ts';
import type { Html } from '../context.ts';
import { runStateHtml } from './run-marks.ts';
import { messageHtml } from './sentence.ts';
import { type Column, table } from './table.ts';
import { spanHtml, timeHtml } from './time.ts';

const VIEW: Column<ListedRun> = {
  head: 'View',
  kind: 'name',
  cell: ({ view }) => html`<a href="/views/${view}">${view}</a>`,
};

const COLUMNS: readonly Column<ListedRun>[] = [
  { head: 'Span', cell: ({ span }) => spanHtml(span) },
  { head: 'Why', cell: ({ reason }) => reason },
  { head: 'State', cell: stateCell },
  { head: 'Began', cell: beganCell },
  { head: 'Took', kind: 'number', cell: tookText },
  { head: 'Rows', cell: rowsText },
];

export function runTable(
  runs: readonly ListedRun[],
  { caption, empty, ofView }: { caption: string; empty: Html | string; ofView: string | null },
): Html {
  const id: Column<ListedRun> = {
    head: 'Run',
    kind: 'id',
    cell: ({ id: run }) => html`<a href="/runs/${run}">${run}</a>`,
  };
  const columns = [id, ...(ofView === null ? [VIEW] : []), ...COLUMNS];
  return table({
    caption,
    layout: 'brief',
    columns,
    rows: runs,
    rowId: ({ id: run }) => `run-${run}`,
    empty,
    note: troubleOf,
  });
}

function stateCell({ state, trouble, wait }: ListedRun): Html {
  const isWaiting = (trouble !== null || wait !== null) && state !== 'failed';
  return runStateHtml(state, isWaiting ? 'waiting' : null);
}

/** A run that has not started shows when it was planned. */
function beganCell({ startedAt, plannedAt }: ListedRun): Html {
  return startedAt === null ? html`<span class="dim">planned ${timeHtml(plannedAt)}</span>` : timeHtml(startedAt);
}

function rowsText({ startedAt, counts }: ListedRun): string {
  return startedAt === null ? '' : countsText(counts);
}

function tookText({ startedAt, closedAt }: ListedRun): string {
  return startedAt === null || closedAt === null ? '' : humanDuration(closedAt - startedAt);
}

function troubleOf({ trouble, wait, nextAttemptAt }: ListedRun): Html | null {
  const next = nextAttemptAt === null ? '' : html` Next attempt at ${timeHtml(nextAttemptAt)}.`;
  if (trouble !== null) {
    const said = messageHtml(trouble.message, { bytes: trouble.bytes });
    return html`<p><code>${trouble.code}</code> ${said}${next}</p>`;
  }
  return wait === null ? null : html`<p>${messageHtml(waitText(wait, null), { characters: 300 })}${next}</p>`;
}
