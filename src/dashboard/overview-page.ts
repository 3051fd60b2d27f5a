// All views at a glance: who needs somebody first, in the order of `millrace status`.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { formatDuration, humanDuration } from '../core/duration.ts';
import { epochMsOf } from '../core/instant.ts';
import { newestUnits } from '../plan/calendar.ts';
import type { Database } from '../postgres/database.ts';
import { type FiringAlerts, firingAlerts } from '../state/alert-overview.ts';
import { newestDeployment } from '../state/deployment.ts';
import { viewOverviews } from '../state/overview.ts';
import { newestRuns, openSpans, type RunMark } from '../state/runs-page.ts';
import { type BriefView, viewStandings } from '../state/view-standings.ts';
import { byUrgency, lagMs, needsSomebody, stateOf, urgencyOf, type ViewStanding } from '../state/view-state.ts';
import { type AliveCounts, countAlive, isUnseen, missingProcesses } from '../words/alive.ts';
import { count, counted } from '../words/format.ts';
import { coverageOf } from '../words/intervals.ts';
import { unscheduledSentence } from '../words/next-look.ts';
import { type NextTick, nextTicks } from '../words/next-ticks.ts';
import { notesOf, type Status, stateText } from '../words/status-text.ts';
import type { DashboardContext, DashboardEnv, Html } from './context.ts';
import { stripHtml } from './coverage-strip.ts';
import { asked, hrefOf } from './href.ts';
import { page } from './page.ts';
import { type QueueStanding, queueStanding } from './queue-standing.ts';
import { runMarks } from './run-marks.ts';
import { sentence, toned } from './sentence.ts';
import { shownText } from './shown-text.ts';
import { type Column, older, table } from './table.ts';
import { timeHtml, zonedHtml } from './time.ts';

const VIEWS_SHOWN = 50;
const STRIP_UNITS = 60;
const RUNS_SHOWN = 6;
const NOTES_SHOWN = 2;
const ALERTS_SHOWN = 10;

/** A view as all of them are looked through. */
type Brief = BriefView & { readonly ticks: readonly NextTick[] };
type Filter = { readonly text: string | null; readonly state: string | null; readonly job: string | null };
/** A view with all that its row shows. */
type Row = Status & { readonly runs: readonly RunMark[]; readonly open: Parameters<typeof coverageOf>[1] };
type Shown = {
  readonly filter: Filter;
  readonly all: readonly Brief[];
  readonly found: readonly Brief[];
  readonly rows: readonly Row[];
  readonly isFull: boolean;
  readonly alive: AliveCounts;
  readonly queue: QueueStanding;
  readonly firing: FiringAlerts;
};

export function addOverviewPage(app: Hono<DashboardEnv>, context: DashboardContext): void {
  const { database } = context;
  const queueNow = queueStanding(context);
  app.get('/', async (c) => {
    const shell = { title: 'Views', path: '/' };
    const filter = { text: asked(c, 'q'), state: asked(c, 'state'), job: asked(c, 'job') };
    const { all, jobs } = await statuses(database);
    if (all.length === 0) return page(c, { ...shell, main: nothingYet() });
    const found = all.filter(matches(filter)).sort(byUrgency);
    const after = found.filter(isAfter(asked(c, 'after')));
    const rows = await rowsOf(database, after.slice(0, VIEWS_SHOWN));
    const alive = await countAlive(database);
    const firing = await firingAlerts(database, ALERTS_SHOWN);
    const shown = { filter, all, found, rows, isFull: after.length > VIEWS_SHOWN, alive, queue: queueNow(), firing };
    return page(c, { ...shell, main: overview(shown, jobs) });
  });
}

async function statuses(database: Database): Promise<{ all: Brief[]; jobs: string[] }> {
  const overviews = await viewStandings(database);
  const jobs = (await newestDeployment(database))?.jobs ?? [];
  const ticksOf = nextTicks(jobs, overviews[0]?.now ?? epochMsOf(0));
  const all = overviews.map((one) => ({ ...one, ticks: one.retired ? [] : ticksOf(one.view) }));
  return { all, jobs: jobs.map(({ name }) => name) };
}

/** The whole of the views that are shown, in their order. */
async function rowsOf(database: Database, views: readonly Brief[]): Promise<Row[]> {
  const names = views.map(({ view }) => view.name);
  const whole = new Map((await viewOverviews(database, names)).map((one) => [one.view.name, one]));
  const runs = await newestRuns(database, names, RUNS_SHOWN);
  const open = await openSpans(database, names);
  return views.flatMap(({ view: { name }, ticks }) => {
    const status = whole.get(name);
    return status === undefined ? [] : { ...status, ticks, runs: runs.get(name) ?? [], open: open.get(name) ?? [] };
  });
}

function matches({ text, state, job }: Filter): (status: Brief) => boolean {
  const word = text?.toLowerCase() ?? '';
  return (status) => {
    const { name, entity, description, tags } = status.view;
    const isNamed = [name, entity, description, ...tags].some((one) => one.toLowerCase().includes(word));
    const isIn = state === null || (state === 'problems' ? needsSomebody(status) : stateOf(status) === state);
    return isNamed && isIn && (job === null || status.ticks.some((tick) => tick.job === job));
  };
}

/** The key of a page is where its last view stands: how urgent it is, and its name. */
function keyOf(status: Pick<Brief, keyof ViewStanding>): string {
  return `${urgencyOf(status)}.${status.view.name}`;
}

function isAfter(key: string | null): (status: Brief) => boolean {
  return (status) => key === null || keyOf(status) > key;
}

function overview(shown: Shown, jobs: readonly string[]): Html {
  const { filter, found, rows, isFull } = shown;
  const query = { q: filter.text, state: filter.state, job: filter.job };
  const last = rows.at(-1);
  return html`<h1>Views</h1>
${standing(shown)}
${filterForm(filter, jobs)}
${table({
  caption:
    found.length === rows.length
      ? counted(found.length, 'view')
      : `${count(rows.length)} of ${counted(found.length, 'view')}`,
  columns: COLUMNS,
  rows,
  empty: html`No view is like that. <a href="/">Show all views</a>`,
  note: noteOf,
})}
${older('/', query, { full: isFull, next: { after: last === undefined ? '' : keyOf(last) }, label: 'More views' })}`;
}

/** How all stands: counts by state, who is alive, and what would be done and is not. */
function standing({ all, alive, queue, firing }: Shown): Html {
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

const STATES = [
  'problems',
  'ok',
  'held',
  'failing',
  'late',
  'paused',
  'edited',
  'running',
  'waiting',
  'planned',
  'unpublished',
  'stale',
  'behind',
  'retired',
];

function filterForm({ text, state, job }: Filter, jobs: readonly string[]): Html {
  const options = (words: readonly string[], chosen: string | null) =>
    words.map((word) => html`<option value="${word}"${word === chosen ? html` selected` : ''}>${word}</option>`);
  return html`<form class="filter" method="get" action="/" role="search">
<label>Name, entity or tag <input type="search" name="q" value="${text ?? ''}" maxlength="100"></label>
<label>State <select name="state"><option value="">all</option>${options(STATES, state)}</select></label>
<label>Job <select name="job"><option value="">all</option>${options(jobs, job)}</select></label>
<button type="submit">Show</button>
</form>`;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'View', kind: 'name', cell: ({ view }) => html`<a href="/views/${view.name}">${view.name}</a>` },
  {
    head: 'State',
    cell: (status) => html`<span class="badge v-${stateOf(status)}">${toned(stateText(status))}</span>`,
  },
  { head: 'Freshness', cell: freshnessText },
  { head: `Newest ${STRIP_UNITS} units`, cell: stripCell },
  { head: 'Last runs', cell: ({ runs, now }) => runMarks(runs, now) },
  { head: 'Rows', kind: 'number', cell: ({ rows }) => count(rows) },
  { head: 'Watermark', cell: ({ watermark }) => timeHtml(watermark) },
  { head: 'Next tick', cell: tickCell },
];

/** `3h of 1d`: how far the watermark is behind the clock, of how far it may be. */
function freshnessText(status: Status): Html {
  const { freshnessMs } = status.view;
  const lag = lagMs(status);
  const target = freshnessMs === null ? '' : html` <span class="dim">of ${formatDuration(freshnessMs)}</span>`;
  const isLate = freshnessMs !== null && lag > freshnessMs;
  return html`<span class="${isLate ? 'tone-red' : ''}">${lag === 0 ? '–' : humanDuration(lag)}</span>${target}${isLate ? ' late' : ''}`;
}

function stripCell(row: Row): Html {
  if (row.view.kind === 'latest') return html`<span class="dim">holds what is true now</span>`;
  const coverage = coverageOf(row, row.open);
  return stripHtml(coverage, newestUnits(coverage, STRIP_UNITS));
}

function tickCell({ ticks: [next], retired }: Status): Html {
  if (retired) return html`–`;
  if (next === undefined) return html`<span class="dim">no job names it</span>`;
  if (next.at === null) return html`<span class="dim">${next.job} is paused</span>`;
  return html`${zonedHtml(next.at, next.zone)} <span class="dim">${next.job}</span>`;
}

function noteOf(row: Row): Html | null {
  const notes = needsSomebody(row) ? notesOf(row).slice(0, NOTES_SHOWN) : [];
  return notes.length === 0 ? null : html`${notes.map((note) => html`<p>${sentence(note)}</p>`)}`;
}

function nothingYet(): Html {
  return html`<h1>Views</h1>
<p class="empty">Nothing has been applied yet. <code>millrace init</code> writes a first project; <code>millrace apply</code> takes its views over, and then they are here.</p>`;
}
