// The alert rules of deploy/prometheus/, the dashboard of deploy/grafana/ and the table of docs/operations/metrics.md, generated
// from the list of metrics. Run `npm run docs` after a change of that list, or of the rules and panels here.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { METRICS } from '../src/observe/metrics/definitions.ts';

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'page' | 'warn';
  readonly summary: string;
};

/**
 * How much counters have grown. A counter has no sample before its first event, so its first value is part of the growth:
 * `increase` alone would not see a view's first failure. After a gap in the scrapes of at most `range`, nothing seems new.
 */
function grown(series: string, range: string): string {
  return `((${series} unless max_over_time(${series}[${range}] offset ${range})) or increase(${series}[${range}]))`;
}

/** The gauges of the elected scheduler: an election changes their instance, and must not restart or duplicate an alert. */
function gauge(series: string, ...labels: readonly string[]): string {
  return `max by (${['job', ...labels].join(', ')}) (${series})`;
}

export const RULES: readonly Rule[] = [
  {
    alert: 'MillraceNoScheduler',
    expr: 'absent(millrace_scheduler_elected == 1)',
    for: '2m',
    severity: 'page',
    summary: 'No scheduler is elected, so no runs are planned. Start one: millrace scheduler',
  },
  {
    alert: 'MillraceNoWorker',
    expr: `${gauge('millrace_processes{kind="worker"}')} == 0`,
    for: '2m',
    severity: 'page',
    summary: 'No worker is running, so planned runs wait. Start one: millrace worker',
  },
  {
    alert: 'MillraceStateNotRead',
    expr: `time() - ${gauge('millrace_state_collected_timestamp_seconds')} > 120`,
    for: '1m',
    severity: 'page',
    summary:
      'The scheduler cannot read the state database, so the metrics of views and processes are out of date. Look at its log, and check Postgres.',
  },
  {
    alert: 'MillraceRunsWait',
    expr: `${gauge('millrace_oldest_waiting_run_seconds')} > 900`,
    for: '5m',
    severity: 'page',
    summary: 'A planned run has waited for a worker for more than 15 minutes. Add workers.',
  },
  {
    alert: 'MillraceViewStale',
    expr: `${gauge('millrace_view_freshness_seconds', 'view')} > ${gauge('millrace_view_freshness_limit_seconds', 'view')}`,
    for: '5m',
    severity: 'page',
    summary:
      'View {{ $labels.view }} is older than its freshness limit. Look at it with: millrace status {{ $labels.view }}',
  },
  {
    alert: 'MillraceViewHeld',
    expr: `${gauge('millrace_view_units{state="held"}', 'view')} > 0`,
    for: '5m',
    severity: 'warn',
    summary:
      'View {{ $labels.view }} has {{ $value }} held intervals. Look at them with: millrace intervals {{ $labels.view }}',
  },
  {
    alert: 'MillraceViewPaused',
    expr: `${gauge('millrace_view_paused', 'view')} == 1`,
    for: '30m',
    severity: 'warn',
    summary: 'View {{ $labels.view }} is paused. Look at it with: millrace status {{ $labels.view }}',
  },
  {
    alert: 'MillraceViewNotPublished',
    expr: `${gauge('millrace_view_units{state="unpublished"}', 'view')} > 0`,
    for: '15m',
    severity: 'page',
    summary:
      'View {{ $labels.view }} has stored intervals that are not online. Look at it with: millrace status {{ $labels.view }}',
  },
  {
    alert: 'MillraceRunsFail',
    expr: `sum by (job, view, code) ${grown('millrace_runs_total{outcome="discarded"}', '1h')} > 0`,
    for: '0m',
    severity: 'warn',
    summary:
      'Runs of view {{ $labels.view }} failed after their last attempt with {{ $labels.code }}. Look at them with: millrace runs {{ $labels.view }}',
  },
  {
    alert: 'MillraceRowsRefused',
    expr: `${gauge('millrace_view_quarantined_rows', 'view')} > 0`,
    for: '5m',
    severity: 'warn',
    summary:
      'The newest run of view {{ $labels.view }} refused {{ $value }} rows. Look at them with: millrace quarantine {{ $labels.view }}',
  },
  {
    alert: 'MillraceApiFails',
    expr: 'sum by (job) (rate(millrace_api_requests_total{status=~"5.."}[5m])) > 0.05 * sum by (job) (rate(millrace_api_requests_total[5m]))',
    for: '5m',
    severity: 'page',
    summary:
      'More than 5 % of the requests to the API fail with a 5xx status. The codes are in millrace_api_problems_total.',
  },
  {
    alert: 'MillraceErrors',
    expr: `sum by (job, event) ${grown('millrace_problems_total{level="error",event!="run.discarded"}', '15m')} > 0`,
    for: '0m',
    severity: 'warn',
    summary: '{{ $labels.job }} logged {{ $labels.event }} as an error.',
  },
];

type Panel = {
  readonly title: string;
  readonly expr: string;
  readonly legend: string;
  readonly unit: 's' | 'short' | 'rows' | 'dateTimeAsIso';
};

export const PANELS: readonly Panel[] = [
  {
    title: 'Freshness by view',
    expr: 'topk(20, max by (view) (millrace_view_freshness_seconds))',
    legend: '{{view}}',
    unit: 's',
  },
  {
    title: 'Lag by view',
    expr: 'topk(20, max by (view) (millrace_view_lag_seconds))',
    legend: '{{view}}',
    unit: 's',
  },
  {
    title: 'Intervals that are missing, held, stale or not published',
    expr: 'sum by (state) (max by (view, state) (millrace_view_units))',
    legend: '{{state}}',
    unit: 'short',
  },
  {
    title: 'Attempts by outcome, per second',
    expr: 'sum by (outcome) (rate(millrace_runs_total[$__rate_interval]))',
    legend: '{{outcome}}',
    unit: 'short',
  },
  {
    title: 'Failures by code, per hour',
    expr: `sum by (code) ${grown('millrace_runs_total{outcome=~"failed|discarded"}', '1h')}`,
    legend: '{{code}}',
    unit: 'short',
  },
  {
    title: 'Rows per second',
    expr: 'sum by (outcome) (rate(millrace_rows_total[$__rate_interval]))',
    legend: '{{outcome}}',
    unit: 'rows',
  },
  {
    title: 'Duration of a stage, 95th percentile',
    expr: 'histogram_quantile(0.95, sum by (le, stage) (rate(millrace_stage_seconds_bucket[$__rate_interval])))',
    legend: '{{stage}}',
    unit: 's',
  },
  {
    title: 'API: requests per second, by status',
    expr: 'sum by (status) (rate(millrace_api_requests_total[$__rate_interval]))',
    legend: '{{status}}',
    unit: 'short',
  },
  {
    title: 'API: duration of a request, 99th percentile',
    expr: 'histogram_quantile(0.99, sum by (le, route) (rate(millrace_api_request_seconds_bucket[$__rate_interval])))',
    legend: '{{route}}',
    unit: 's',
  },
  {
    title: 'API: errors by code, per second',
    expr: 'sum by (code) (rate(millrace_api_problems_total[$__rate_interval]))',
    legend: '{{code}}',
    unit: 'short',
  },
  {
    title: 'API: pushed rows per second',
    expr: 'sum by (outcome) (rate(millrace_api_pushed_rows_total[$__rate_interval]))',
    legend: '{{outcome}}',
    unit: 'rows',
  },
  {
    title: 'API: acknowledgement of a push, 99th percentile',
    expr: 'histogram_quantile(0.99, sum by (le) (rate(millrace_api_acknowledged_seconds_bucket[$__rate_interval])))',
    legend: 'seconds',
    unit: 's',
  },
  {
    title: 'Jobs in the queues',
    expr: 'max by (queue, state) (millrace_queue_jobs)',
    legend: '{{queue}} {{state}}',
    unit: 'short',
  },
  {
    title: 'Oldest waiting run',
    expr: 'max(millrace_oldest_waiting_run_seconds)',
    legend: 'seconds',
    unit: 's',
  },
  {
    title: 'Processes',
    expr: 'max by (kind) (millrace_processes)',
    legend: '{{kind}}',
    unit: 'short',
  },
  {
    title: 'Connections to Postgres',
    expr: 'sum by (pool, state) (millrace_pool_connections)',
    legend: '{{pool}} {{state}}',
    unit: 'short',
  },
  {
    title: 'Event loop delay, 99th percentile',
    expr: 'max by (instance) (nodejs_eventloop_lag_p99_seconds)',
    legend: '{{instance}}',
    unit: 's',
  },
];

const GENERATED = 'Generated by scripts/monitoring.ts: edit that, then run "npm run docs".';

export function rulesYaml(): string {
  const rules = RULES.map(({ alert, expr, for: lasting, severity, summary }) => ({
    alert,
    expr,
    for: lasting,
    labels: { severity },
    annotations: { summary },
  }));
  return `# ${GENERATED}\n${stringify({ groups: [{ name: 'millrace', rules }] }, { lineWidth: 0 })}`;
}

/** The data source variable, in Grafana's syntax. */
const DATASOURCE = '$datasource';
const PANEL_WIDTH = 12;
const PANEL_HEIGHT = 8;

export function grafanaJson(): string {
  const datasource = { type: 'prometheus', uid: DATASOURCE };
  const panels = PANELS.map(({ title, expr, legend, unit }, index) => ({
    id: index + 1,
    type: 'timeseries',
    title,
    datasource,
    gridPos: {
      x: (index % 2) * PANEL_WIDTH,
      y: Math.floor(index / 2) * PANEL_HEIGHT,
      w: PANEL_WIDTH,
      h: PANEL_HEIGHT,
    },
    fieldConfig: { defaults: { unit: unit === 'rows' ? 'short' : unit, min: 0 }, overrides: [] },
    targets: [{ refId: 'A', datasource, expr, legendFormat: legend }],
  }));
  const dashboard = {
    title: 'Millrace',
    uid: 'millrace',
    description: GENERATED,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }] },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

const START = '<!-- metrics: generated -->';
const END = '<!-- /metrics -->';

/** The page with an up-to-date table of metrics. */
export function withMetricsTable(page: string): string {
  const rows = Object.entries(METRICS).map(([name, { type, help, labels, of }]) => {
    const list = labels.map((label) => `\`${label}\``).join(', ');
    return [`\`${name}\``, type, list, of, help];
  });
  const table = alignedTable([['metric', 'type', 'labels', 'reported by', 'meaning'], ...rows]);
  const [before = '', rest = ''] = page.split(START);
  return `${before}${START}\n\n${table}\n\n${END}${rest.split(END)[1] ?? ''}`;
}

/** A Markdown table. The first row is the header. */
function alignedTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

export const OUTPUTS = {
  'deploy/prometheus/millrace.rules.yaml': () => rulesYaml(),
  'deploy/grafana/millrace.json': () => grafanaJson(),
  'docs/operations/metrics.md': (now: string) => withMetricsTable(now),
} as const satisfies Record<string, (now: string) => string>;

if (import.meta.main) {
  for (const [path, make] of Object.entries(OUTPUTS)) {
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
    const isPage = path.endsWith('.md');
    writeFileSync(file, make(isPage ? readFileSync(file, 'utf8') : ''));
  }
}
