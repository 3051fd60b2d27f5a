// The list of backfills: open ones, then closed ones, newest first.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { closedChunks } from '../../presentation/backfills/backfill-progress.ts';
import { backfillBlockReason } from '../../presentation/failures.ts';
import { count } from '../../presentation/format.ts';
import { ENDED_BACKFILLS, OPEN_BACKFILLS } from '../../state/backfills/backfill-state.ts';
import { type BackfillOverview, backfillOverviews } from '../../state/backfills/overview.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked, idOf } from '../href.ts';
import { progressBar, segmentsText } from '../parts/progress-bar.ts';
import { messageHtml } from '../parts/sentence.ts';
import { shownText } from '../parts/shown-text.ts';
import { type Column, older, table } from '../parts/table.ts';
import { spanHtml, timeHtml } from '../parts/time.ts';
import { page } from './page.ts';

/** Counting chunks is costly, so a page shows fewer backfills than runs. */
const BACKFILLS_SHOWN = 20;

export function addBackfillsPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/backfills', async (c) => {
    const before = idOf(asked(c, 'before'));
    const open = before === null ? await backfillOverviews(database, { states: OPEN_BACKFILLS, limit: 100 }) : [];
    const filter = { states: ENDED_BACKFILLS, limit: BACKFILLS_SHOWN + 1 };
    const found = await backfillOverviews(database, before === null ? filter : { ...filter, before });
    const over = found.slice(0, BACKFILLS_SHOWN);
    const next = { before: over.at(-1)?.id ?? 0 };
    const main = html`<h1>Backfills</h1>
${open.length + found.length === 0 && before === null ? nothingYet() : ''}
${open.length === 0 ? '' : backfillTable(open, 'Running and paused')}
${over.length === 0 ? '' : backfillTable(over, 'Closed, newest first')}
${older('/backfills', { before }, { full: found.length > BACKFILLS_SHOWN, next })}`;
    return page(c, { title: 'Backfills', path: '/backfills', main });
  });
}

function nothingYet(): Html {
  return html`<p class="empty">There are no backfills. To run past intervals of a view: <code>millrace backfill VIEW --from 2026-01-01 --to 2026-02-01</code></p>`;
}

/** Backfills as a table, for every page that lists them. */
export function backfillTable(backfills: readonly BackfillOverview[], caption: string): Html {
  return table({
    caption,
    columns: COLUMNS,
    rows: backfills,
    rowId: ({ id }) => `backfill-${id}`,
    empty: '',
    note: whyOf,
  });
}

const COLUMNS: readonly Column<BackfillOverview>[] = [
  { head: 'Backfill', cell: ({ id }) => html`<a href="/backfills/${id}">${id}</a>` },
  { head: 'View', cell: ({ view }) => html`<a href="/views/${view}">${view}</a>` },
  { head: 'Range', cell: ({ range }) => spanHtml(range) },
  { head: 'Mode', cell: ({ mode }) => mode },
  { head: 'State', cell: ({ state }) => html`<span class="badge b-${state}">${state}</span>` },
  { head: 'Chunks', kind: 'wide', cell: chunksCell },
  { head: 'Rows', kind: 'number', cell: ({ rows }) => count(rows) },
  {
    head: 'Requested',
    cell: ({ askedAt, askedBy }) => html`${timeHtml(askedAt)} by ${shownText(askedBy, { characters: 60 })}`,
  },
];

function chunksCell(backfill: BackfillOverview): Html {
  const { chunks } = backfill;
  return html`${progressBar(chunks)} ${count(closedChunks(backfill))}/${count(chunks.total)} <span class="dim">${segmentsText(chunks)}</span>`;
}

function whyOf({ rest }: BackfillOverview): Html | null {
  const why = backfillBlockReason(rest);
  return why === null ? null : html`<p>${messageHtml(why)}</p>`;
}
