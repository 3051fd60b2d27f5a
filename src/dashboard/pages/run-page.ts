// The page of one run: its state, the next step, stages, refused rows, history and files.

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { humanDuration } from '../../core/duration.ts';
import { count, counted, shortSpan } from '../../presentation/format.ts';
import { runFacts } from '../../presentation/runs/run-facts.ts';
import { historyLines } from '../../presentation/runs/run-history.ts';
import { nextStep } from '../../presentation/runs/run-next.ts';
import { recordSentence } from '../../presentation/runs/run-record.ts';
import { isFailed } from '../../quality/outcome.ts';
import { deliveryId } from '../../queue/delivery/delivery-id.ts';
import { isWaiting, type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { queueOf, type RunDetails, runDetails } from '../../state/queries/run-page.ts';
import { type RunRecord, runRecord } from '../../state/retention/run-record.ts';
import { attemptsOf, type RunEntry, runHistory } from '../../state/runs/history.ts';
import { retryableRuns } from '../../state/runs/retry.ts';
import type { DashboardContext, DashboardEnv, Html, Viewer } from '../context.ts';
import { hrefOf, idOf } from '../href.ts';
import { meaningOf } from '../parts/meaning.ts';
import { runStateHtml } from '../parts/run-marks.ts';
import { factList, messageHtml, toned } from '../parts/sentence.ts';
import { bytesText, shownText } from '../parts/shown-text.ts';
import { table } from '../parts/table.ts';
import { secondHtml, timeHtml } from '../parts/time.ts';
import { notFound } from './not-found.ts';
import { actionButton, askedButton, page } from './page.ts';

type Shown = {
  readonly run: RunOverview;
  readonly history: readonly RunEntry[];
  readonly details: RunDetails;
  readonly isRetryable: boolean;
  readonly viewer: Viewer;
};

export function addRunPage(app: Hono<DashboardEnv>, { database }: DashboardContext): void {
  app.get('/runs/:id', async (c) => {
    const id = idOf(c.req.param('id'));
    const [run] = id === null ? [] : await runOverviews(database, { ids: [id] });
    const details = run === undefined ? null : await runDetails(database, run.id);
    if (run === undefined || details === null) {
      const record = id === null ? null : await runRecord(database, id);
      if (record !== null) return recordPage(c, record);
      return notFound(c, { what: 'run', name: c.req.param('id'), path: '/runs', list: 'All runs' });
    }
    const history = await runHistory(database, run.id);
    const isRetryable = (await retryableRuns(database, null, [run.id])).length > 0;
    const main = runMain({ run, history, details, isRetryable, viewer: c.get('viewer') });
    return page(c, { title: `Run ${run.id} of ${run.view}`, path: '/runs', main });
  });
}

function recordPage(c: Context<DashboardEnv>, record: RunRecord): Promise<Response> {
  const main = html`<p class="crumbs"><a href="/views/${record.view}">${record.view}</a></p>
<h1>Run ${record.id}</h1>
<p>${recordSentence(record)}</p>`;
  return page(c, { title: `Run ${record.id} of ${record.view}`, path: '/runs', main });
}

function runMain(shown: Shown): Html {
  const { run, history, details, isRetryable, viewer } = shown;
  const facts = runFacts(run, history).filter(([name]) => !['run', 'error', 'refused', 'state', 'why'].includes(name));
  return html`<p class="crumbs"><a href="/views/${run.view}">${run.view}</a></p>
<h1>Run ${run.id} ${runStateHtml(run.state, isWaiting(run) ? 'waiting' : null)}</h1>
<p class="lead">${shortSpan(run.span)} · ${whyHtml(run, details)} · ${jobHtml(run, details)}</p>
${run.error === null ? '' : html`<p class="error"><code>${run.error.code}</code> ${messageHtml(run.error.parts)}</p>`}
<p class="next">${messageHtml(nextStep(run))} ${isRetryable ? actionButton(viewer, `/runs/${run.id}/retry`, 'Retry') : ''}</p>
${isRetryable ? acceptHtml(run, viewer) : ''}
${factList(facts)}
${refusedHtml(shown)}
${attemptsHtml(history)}
${historyHtml(shown)}
${filesHtml(details)}`;
}

/** For a run that failed because of checks of its view. */
function acceptHtml({ id, checks, error }: RunOverview, viewer: Viewer): Html {
  if (!checks.some(isFailed) || error?.code !== 'CHECK_FAILED') return html``;
  return askedButton(viewer, {
    action: `/runs/${id}/accept`,
    label: 'Accept the failed checks…',
    question:
      'A new run stores the rows even if they fail these checks. Do this only if the values are correct. Later runs evaluate the checks again.',
    sure: 'Retry and accept the checks',
  });
}

function whyHtml({ reason }: RunOverview, { backfill }: RunDetails): Html {
  if (backfill === null) return html`${reason}`;
  return html`chunk ${backfill.place} of <a href="/backfills/${backfill.id}">backfill ${backfill.id}</a>`;
}

/** Its newest job, which the queue may have deleted. */
function jobHtml(run: RunOverview, { deliveries }: RunDetails): Html {
  if (deliveries === 0) return html`not queued`;
  const job = deliveryId({ run: run.id, view: run.view, span: run.span, delivery: deliveries });
  return html`<a href="/queues/queue/${queueOf(run)}/${encodeURIComponent(job)}">its job</a>`;
}

function refusedHtml({ run, details }: Shown): Html {
  const reasons = Object.entries(run.counts.refusedBy).sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return html``;
  return html`<h2 id="refused">Refused rows</h2>
${table({
  caption: `${counted(run.counts.refused, 'row')} refused`,
  columns: [
    {
      head: 'Reason',
      cell: ([reason]) =>
        html`<a href="${hrefOf('/quarantine', { view: run.view, run: run.id, reason })}">${reason}</a>`,
    },
    { head: 'Meaning', cell: ([reason]) => meaningOf(reason) },
    { head: 'Rows', kind: 'number', cell: ([, rows]) => count(rows) },
    { head: 'Kept', kind: 'number', cell: ([reason]) => count(details.kept[reason] ?? 0) },
  ],
  rows: reasons,
  rowId: ([reason]) => `reason-${reason}`,
  empty: '',
})}`;
}

function attemptsHtml(history: readonly RunEntry[]): Html {
  const attempts = attemptsOf(history);
  if (attempts.length === 0) return html``;
  return html`<h2>Attempts</h2>
${table({
  caption: 'Attempts, with the duration of each stage',
  columns: [
    { head: 'Attempt', cell: ({ attempt }) => attempt },
    { head: 'Began', cell: ({ startedAt }) => timeHtml(startedAt) },
    { head: 'Worker', cell: ({ owner }) => shownText(owner, { characters: 100 }) },
    {
      head: 'Stages',
      cell: ({ stages }) => stages.map(({ stage, ms }) => `${stage} ${humanDuration(ms)}`).join(', ') || '–',
    },
    { head: 'Error', cell: ({ error }) => (error === null ? '–' : html`<code>${error.code}</code>`) },
  ],
  rows: attempts.slice(-ATTEMPTS_SHOWN),
  empty: '',
})}`;
}

const ATTEMPTS_SHOWN = 20;

function historyHtml({ run, history }: Shown): Html {
  const lines = historyLines(history, run);
  return html`<h2>History</h2>
<ol class="history">${lines.map(({ entry, text }) => html`<li>${secondHtml(entry.at)} ${toned(text)}</li>`)}</ol>`;
}

function filesHtml({ files, filesInAll }: RunDetails): Html {
  if (filesInAll === 0) return html``;
  return html`<h2>Files read</h2>
${table({
  caption:
    files.length === filesInAll
      ? counted(filesInAll, 'file')
      : `The first ${files.length} of ${counted(filesInAll, 'file')}`,
  columns: [
    { head: 'File', kind: 'wide', cell: ({ name }) => shownText(name, { characters: 300 }) },
    { head: 'Version', kind: 'wide', cell: ({ version }) => shownText(version, { characters: 60 }) },
    { head: 'Size', kind: 'number', cell: ({ bytes }) => bytesText(bytes) },
  ],
  rows: files,
  empty: '',
})}`;
}
