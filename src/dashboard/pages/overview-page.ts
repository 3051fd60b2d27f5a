// All views at a glance: those that need attention first, in the order of `millrace status`.

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { formatDuration } from '../../core/duration.ts';
import { epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { hasIntervals } from '../../definition/view.ts';
import { newestUnits } from '../../plan/calendar.ts';
import type { Coverage } from '../../plan/strip.ts';
import type { Database } from '../../postgres/database.ts';
import { countAlive } from '../../presentation/alive.ts';
import { count, counted } from '../../presentation/format.ts';
import { nextTicks } from '../../presentation/next-ticks.ts';
import { coverageOf } from '../../presentation/views/intervals.ts';
import type { Status } from '../../presentation/views/status.ts';
import { lagText, notesOf, stateText } from '../../presentation/views/status-text.ts';
import { conditionsOf, firingConditions } from '../../state/alerts/overview.ts';
import { newestRuns, type RunMark } from '../../state/queries/runs-page.ts';
import { coverageWithin } from '../../state/queries/view-coverage.ts';
import { type ViewOverview, viewOverviews } from '../../state/queries/view-overview.ts';
import { viewSummaries } from '../../state/queries/view-summaries.ts';
import { recentQueueFaults } from '../../state/queue-faults.ts';
import { newestDeployment } from '../../state/views/deployment.ts';
import { byUrgency, lagMs, needsAttention, stateOf, urgencyOf, type ViewFacts } from '../../state/views/view-state.ts';
import { bulkForms } from '../bulk/bulk-forms.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { asked } from '../href.ts';
import { stripHtml } from '../parts/coverage-strip.ts';
import { type Brief, type Filter, filterForm, matches } from '../parts/overview-filter.ts';
import { alarmHtml, type OverviewSummary, summaryHtml } from '../parts/overview-summary.ts';
import { queueStatus } from '../parts/queue-status.ts';
import { runMarks } from '../parts/run-marks.ts';
import { messageHtml, toned } from '../parts/sentence.ts';
import { type Column, older, table } from '../parts/table.ts';
import { timeHtml, zonedHtml } from '../parts/time.ts';
import { page } from './page.ts';

const VIEWS_SHOWN = 50;
const STRIP_UNITS = 48;
const RUNS_SHOWN = 6;
const NOTES_SHOWN = 2;
const ALERTED_NAMES_SHOWN = 6;

/** A view with everything that its row shows. */
type Row = Status & {
  readonly runs: readonly RunMark[];
  /** The newest units; null if the view has none. */
  readonly strip: { readonly coverage: Coverage; readonly range: Interval } | null;
  /** Alerts that fire for it. */
  readonly alerts: readonly string[];
};
type Shown = OverviewSummary & {
  readonly filter: Filter;
  /** The key of the last view on the previous page. */
  readonly after: string | null;
  readonly found: readonly Brief[];
  readonly rows: readonly Row[];
  readonly isFull: boolean;
};

export function addOverviewPage(app: Hono<DashboardEnv>, context: DashboardContext): void {
  const { database } = context;
  const queueNow = queueStatus(context);
  app.get('/', async (c) => {
    const shell = { title: 'Views', path: '/' };
    const filter = { text: asked(c, 'q'), state: asked(c, 'state'), job: asked(c, 'job') };
    const { all, jobs } = await statuses(database);
    if (all.length === 0) return page(c, { ...shell, main: nothingYet() });
    const found = all.filter(matches(filter)).sort(byUrgency);
    const after = asked(c, 'after');
    const left = found.filter(isAfter(after));
    const rows = await rowsOf(database, left.slice(0, VIEWS_SHOWN));
    const alive = await countAlive(database);
    const firing = await firingConditions(database, ALERTED_NAMES_SHOWN);
    const shown = {
      filter,
      after,
      all,
      found,
      rows,
      isFull: left.length > VIEWS_SHOWN,
      alive,
      queue: queueNow(),
      queueFaults: await recentQueueFaults(database),
      firing,
    };
    const bulk = await bulkForms(database, all, c.get('viewer'));
    return page(c, { ...shell, main: html`${overview(shown, jobs)}${bulk}` });
  });
}

async function statuses(database: Database): Promise<{ all: Brief[]; jobs: string[] }> {
  const overviews = await viewSummaries(database);
  const jobs = (await newestDeployment(database))?.jobs ?? [];
  const ticksOf = nextTicks(jobs, overviews[0]?.now ?? epochMsOf(0));
  const all = overviews.map((one) => ({ ...one, ticks: one.retired ? [] : ticksOf(one.view) }));
  return { all, jobs: jobs.map(({ name }) => name) };
}

/** The complete rows of the views on this page, in order. */
async function rowsOf(database: Database, views: readonly Brief[]): Promise<Row[]> {
  const names = views.map(({ view }) => view.name);
  const overviews = await viewOverviews(database, names);
  const whole = new Map(overviews.map((one) => [one.view.name, one]));
  const runs = await newestRuns(database, names, RUNS_SHOWN);
  const strips = await stripsOf(database, overviews);
  const alerts = await conditionsOf(database, names);
  return views.flatMap(({ view: { name }, ticks }) => {
    const status = whole.get(name);
    if (status === undefined) return [];
    const [marks, strip, firing] = [runs.get(name) ?? [], strips.get(name) ?? null, alerts.get(name) ?? []];
    return { ...status, ticks, runs: marks, strip, alerts: firing };
  });
}

/** The newest units of each view that has units. */
async function stripsOf(
  database: Database,
  overviews: readonly ViewOverview[],
): Promise<Map<string, NonNullable<Row['strip']>>> {
  const ranges = new Map(
    overviews.flatMap(({ view, frontier }) => {
      const time = { start: view.start, unitMs: view.unitMs, frontier: frontier ?? view.start };
      const range = !hasIntervals(view.kind) ? null : newestUnits(time, STRIP_UNITS);
      return range === null ? [] : [[view.name, range] as const];
    }),
  );
  const sets = await coverageWithin(database, ranges);
  return new Map(
    overviews.flatMap((one) => {
      const [range, found] = [ranges.get(one.view.name), sets.get(one.view.name)];
      if (range === undefined || found === undefined) return [];
      return [[one.view.name, { coverage: coverageOf(one, found), range }] as const];
    }),
  );
}

/** The key of a page is the position of its last view: its urgency and name. */
function keyOf(status: Pick<Brief, keyof ViewFacts>): string {
  return `${urgencyOf(status)}.${status.view.name}`;
}

function isAfter(key: string | null): (status: Brief) => boolean {
  return (status) => key === null || keyOf(status) > key;
}

function overview(shown: Shown, jobs: readonly string[]): Html {
  const { filter, after, found, rows, isFull } = shown;
  const query = { q: filter.text, state: filter.state, job: filter.job, after };
  const last = rows.at(-1);
  return html`<h1>Views</h1>
${summaryHtml(shown)}
${filterForm(filter, jobs)}
${table({
  caption:
    found.length === rows.length
      ? counted(found.length, 'view')
      : `${count(rows.length)} of ${counted(found.length, 'view')}`,
  columns: COLUMNS,
  rows,
  rowId: ({ view }) => `view-${view.name}`,
  empty: found.length > 0 ? 'No more views.' : html`No matching views. <a href="/">Show all views</a>`,
  note: noteOf,
})}
${older('/', query, { full: isFull, next: { after: last === undefined ? '' : keyOf(last) }, label: 'More views' })}`;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'View', kind: 'name', cell: ({ view }) => html`<a href="/views/${view.name}">${view.name}</a>` },
  {
    head: 'State',
    cell: (status) =>
      html`<span class="badge v-${stateOf(status)}">${toned(stateText(status))}</span>${alarmHtml(status.alerts)}`,
  },
  { head: 'Freshness', cell: freshnessText },
  { head: `Newest ${STRIP_UNITS} units`, kind: 'units-cell', cell: stripCell },
  { head: 'Last runs', cell: ({ runs, now }) => runMarks(runs, now) },
  { head: 'Rows', kind: 'number', cell: ({ rows }) => count(rows) },
  { head: 'Watermark', cell: ({ watermark }) => timeHtml(watermark) },
  { head: 'Next tick', cell: tickCell },
];

/** `3h of 1d`: how far the watermark is behind the current time, and the limit. */
function freshnessText(status: Status): Html {
  const { freshnessMs } = status.view;
  const lag = lagMs(status);
  const isLate = freshnessMs !== null && lag > freshnessMs;
  const lagHtml = html`<span class="lag${isLate ? ' tone-red' : ''}">${lagText(status)}</span>`;
  if (freshnessMs === null) return lagHtml;
  return html`${lagHtml} <span class="lag"><span class="dim">of ${formatDuration(freshnessMs)}</span>${isLate ? ' late' : ''}</span>`;
}

function stripCell(row: Row): Html {
  if (!hasIntervals(row.view.kind))
    return html`<span class="dim">${row.view.kind === 'pushed' ? 'pushed rows' : 'latest values only'}</span>`;
  return row.strip === null ? html`–` : stripHtml(row.strip.coverage, row.strip.range);
}

function tickCell({ ticks: [next], retired, isPaused, view }: Status): Html {
  if (retired || view.kind === 'pushed') return html`–`;
  if (isPaused) return html`<span class="dim">paused</span>`;
  if (next === undefined) return html`<span class="dim">not in any job</span>`;
  if (next.at === null) return html`<span class="dim">${next.job} is paused</span>`;
  return html`<span class="tick">${zonedHtml(next.at, next.zone)}</span> <span class="dim">${next.job}</span>`;
}

function noteOf(row: Row): Html | null {
  const notes = needsAttention(row) ? notesOf(row).slice(0, NOTES_SHOWN) : [];
  return notes.length === 0 ? null : html`${notes.map((note) => html`<p>${messageHtml(note)}</p>`)}`;
}

function nothingYet(): Html {
  return html`<h1>Views</h1>
<p class="empty">No views are deployed yet. <code>millrace init</code> creates a project; <code>millrace apply</code> deploys its views.</p>`;
}
