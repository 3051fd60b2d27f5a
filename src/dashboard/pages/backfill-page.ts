// The page of one backfill: progress, what is left and why, its chunks with failed ones first, and its actions.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { EpochMs } from '../../core/instant.ts';
import { safe, text } from '../../core/message.ts';
import {
  backfillFacts,
  leftTexts,
  RETRYABLE_CHUNKS,
  remainderReason,
} from '../../presentation/backfills/backfill-facts.ts';
import { closedChunks, etaText, rateText } from '../../presentation/backfills/backfill-progress.ts';
import { count, counted } from '../../presentation/format.ts';
import { isOpenBackfill } from '../../state/backfills/backfill-state.ts';
import {
  type BackfillOverview,
  backfillChunks,
  backfillOverviews,
  type ChunkOverview,
  type ChunkPage,
} from '../../state/backfills/overview.ts';
import { databaseNow } from '../../state/queries/view-overview.ts';
import type { DashboardContext, DashboardEnv, Html, Viewer } from '../context.ts';
import { asked, idOf } from '../href.ts';
import { progressBar, segmentsText } from '../parts/progress-bar.ts';
import { factList, messageHtml } from '../parts/sentence.ts';
import { shownText } from '../parts/shown-text.ts';
import { type Column, older, table } from '../parts/table.ts';
import { spanHtml } from '../parts/time.ts';
import { notFound } from './not-found.ts';
import { actionButton, askedButton, page } from './page.ts';

const CHUNKS_SHOWN = 50;

export function addBackfillPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/backfills/:id', async (c) => {
    const id = idOf(c.req.param('id'));
    const [now] = id === null ? [] : await backfillOverviews(database, { ids: [id] });
    if (now === undefined) {
      return notFound(c, { what: 'backfill', name: c.req.param('id'), path: '/backfills', list: 'All backfills' });
    }
    const after = idOf(asked(c, 'after'));
    const chunksOf = (page: ChunkPage) => backfillChunks(database, now.id, page);
    const chunks = await chunksOf({ limit: CHUNKS_SHOWN + 1, after: after ?? 0 });
    const troubled = after === null ? await chunksOf({ states: RETRYABLE_CHUNKS, limit: CHUNKS_SHOWN }) : [];
    const at = await databaseNow(database);
    const main = html`<p class="crumbs"><a href="/views/${now.view}">${now.view}</a></p>
<h1>Backfill ${now.id} <span class="badge b-${now.state}">${now.state}</span></h1>
${progressHtml(now, at)}
${controls(now, c.get('viewer'))}
${factList(backfillFacts(now).filter(([name]) => name !== 'backfill' && name !== 'state'))}
${troubled.length === 0 ? '' : chunkTable(troubled, 'Failed and cancelled chunks', 'troubled')}
${chunkTable(chunks.slice(0, CHUNKS_SHOWN), 'All chunks, in run order', 'chunk')}
${older(`/backfills/${now.id}`, { after }, { full: chunks.length > CHUNKS_SHOWN, next: { after: chunks.at(CHUNKS_SHOWN - 1)?.place ?? 0 }, label: 'More chunks' })}`;
    return page(c, { title: `Backfill ${now.id} of ${now.view}`, path: '/backfills', main });
  });
}

function progressHtml(now: BackfillOverview, at: EpochMs): Html {
  const { chunks, rows, startedAt, closedAt } = now;
  const elapsedMs = startedAt === null ? 0 : (closedAt ?? at) - startedAt;
  const progress = { now, chunks: closedChunks(now), rows, elapsedMs };
  const share = chunks.total === 0 ? 1 : closedChunks(now) / chunks.total;
  const words = [
    `${count(closedChunks(now))} of ${counted(chunks.total, 'chunk')}`,
    `${Math.floor(share * 100)}%`,
    now.state === 'running' ? etaText(progress) : '',
    rateText(progress) === '' ? '' : `${rateText(progress)} rows`.replace('/min rows', ' rows a minute'),
    segmentsText(chunks),
  ];
  const left = leftTexts(now);
  return html`${progressBar(chunks)}
<p class="lead">${words.filter((word) => word !== '').join(' · ')}</p>
${left.length === 0 ? '' : html`<p class="${now.state === 'running' ? '' : 'warning'}">${messageHtml(text`${safe(left.join(', '))}${remainderReason(now)}.`)}</p>`}`;
}

function controls(now: BackfillOverview, viewer: Viewer): Html {
  const { id, state } = now;
  const button = (what: string, label: string) => actionButton(viewer, `/backfills/${id}/${what}`, label);
  const isOpen = isOpenBackfill(state);
  return html`<p class="next">${state === 'complete' || state === 'running' ? '' : html`To resume it: <code>millrace backfills resume ${id}</code>. `}${state === 'running' ? button('pause', 'Pause') : ''}${state === 'complete' || state === 'running' ? '' : button('resume', 'Resume')}${isOpen ? cancelButton(now, viewer) : ''}</p>`;
}

/** A cancelled backfill can be resumed, but its running chunks end, so the button asks first. */
function cancelButton(now: BackfillOverview, viewer: Viewer): Html {
  const left = now.chunks.total - closedChunks(now);
  const question = `Cancel backfill ${now.id}? Its running chunks will stop, and ${counted(left, 'chunk')} will not be completed. Stored rows are kept.`;
  return askedButton(viewer, {
    action: `/backfills/${now.id}/cancel`,
    label: 'Cancel …',
    question,
    sure: `Cancel backfill ${now.id}`,
  });
}

const COLUMNS: readonly Column<ChunkOverview>[] = [
  { head: 'Chunk', kind: 'number', cell: ({ place }) => place },
  { head: 'Span', cell: ({ span }) => spanHtml(span) },
  { head: 'Units', kind: 'number', cell: ({ units }) => count(units) },
  { head: 'State', cell: ({ state }) => html`<span class="badge c-${state}">${state}</span>` },
  { head: 'Run', kind: 'id', cell: ({ run }) => (run === null ? '–' : html`<a href="/runs/${run}">${run}</a>`) },
  { head: 'Rows', kind: 'number', cell: ({ rows }) => count(rows) },
  { head: 'Why', kind: 'wide', cell: whyCell },
];

function chunkTable(rows: readonly ChunkOverview[], caption: string, id: string): Html {
  const rowId = ({ place }: ChunkOverview) => `${id}-${place}`;
  return table({ caption, layout: 'brief', columns: COLUMNS, rows, rowId, empty: 'No more chunks.' });
}

function whyCell({ state, error, skipped, attempt, attemptsMax }: ChunkOverview): Html {
  if (state === 'skipped') return shownText(skipped ?? '', { characters: 300 });
  if (error === null) return html``;
  return html`attempt ${attempt ?? '–'} of ${attemptsMax ?? '–'}: <code>${error.code}</code> ${messageHtml(error.parts, { characters: 300 })}`;
}
