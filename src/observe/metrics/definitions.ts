// All metrics: names, labels and meaning. The registry, the docs, the alert rules and the Grafana dashboard are generated from
// this list.

export type MetricDefinition = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** The processes that report it. */
  readonly of: 'every process' | 'worker' | 'API' | 'elected scheduler';
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
};

/** By name. Labels hold names of views, stages and codes, never values, so the number of series grows only with the views. */
export const METRICS = {
  millrace_build_info: {
    type: 'gauge',
    help: 'Always 1. The labels contain the kind and version of the process.',
    labels: ['kind', 'version'],
    of: 'every process',
  },
  millrace_problems_total: {
    type: 'counter',
    help: 'Warnings and errors in the log, by event.',
    labels: ['level', 'event'],
    of: 'every process',
  },
  millrace_pool_connections: {
    type: 'gauge',
    help: 'Connections in a Postgres pool that are in use or idle, and callers waiting for one.',
    labels: ['pool', 'state'],
    of: 'every process',
  },
  millrace_pool_connections_max: {
    type: 'gauge',
    help: 'Maximum number of connections in a pool.',
    labels: ['pool'],
    of: 'every process',
  },
  millrace_runs_total: {
    type: 'counter',
    help: 'Finished attempts by outcome: completed, failed (to be retried), discarded (failed, and not retried), snoozed or interrupted. The code is the error code of a failed attempt.',
    labels: ['view', 'outcome', 'code'],
    of: 'worker',
  },
  millrace_rows_total: {
    type: 'counter',
    help: 'Rows of completed runs: read, refused, inserted, changed, unchanged, duplicates, removed and kept.',
    labels: ['view', 'outcome'],
    of: 'worker',
  },
  millrace_stage_seconds: {
    type: 'histogram',
    help: 'Duration of each stage of a run.',
    labels: ['stage'],
    of: 'worker',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120, 600, 3_600],
  },
  millrace_api_requests_total: {
    type: 'counter',
    help: 'Requests to the API, by route, method and status. Routes are named as in the OpenAPI document; any other route is reported as unknown.',
    labels: ['route', 'method', 'status'],
    of: 'API',
  },
  millrace_api_request_seconds: {
    type: 'histogram',
    help: 'Duration of a request to the API, until its response is ready to be sent. Includes the time that pushes with wait=committed or wait=published spend waiting.',
    labels: ['route', 'method'],
    of: 'API',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 60],
  },
  millrace_api_problems_total: {
    type: 'counter',
    help: 'Requests to the API that failed, by error code, such as RATE_LIMITED, INBOX_FULL or TOKEN_UNKNOWN.',
    labels: ['code'],
    of: 'API',
  },
  millrace_api_pushed_rows_total: {
    type: 'counter',
    help: 'Pushed rows, by outcome: accepted (stored in the inbox) or refused by the row check.',
    labels: ['outcome'],
    of: 'API',
  },
  millrace_api_acknowledged_seconds: {
    type: 'histogram',
    help: 'Time taken to store the rows of a push durably in the inbox, before the push is acknowledged.',
    labels: [],
    of: 'API',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  millrace_scheduler_elected: {
    type: 'gauge',
    help: '1 in the elected scheduler, 0 in the others.',
    labels: [],
    of: 'elected scheduler',
  },
  millrace_state_collected_timestamp_seconds: {
    type: 'gauge',
    help: 'When the gauges for views, queues and processes were last read from the state database.',
    labels: [],
    of: 'elected scheduler',
  },
  millrace_view_watermark_timestamp_seconds: {
    type: 'gauge',
    help: 'End of the contiguous coverage of a view. For latest and pushed views, when the last successful run was planned.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_lag_seconds: {
    type: 'gauge',
    help: 'How far the watermark of a view is behind the newest settled interval. Until the first interval is stored, the start of the view is used instead.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_freshness_seconds: {
    type: 'gauge',
    help: 'Age of the watermark of a view. Until the first interval is stored, the start of the view is used instead. 0 if the view has an end and has reached it.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_freshness_limit_seconds: {
    type: 'gauge',
    help: 'Maximum age of the watermark of a view, if its definition sets freshness.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_units: {
    type: 'gauge',
    help: 'Intervals of a view by state: missing (before its newest stored interval), held, stale, or unpublished (covered but not published).',
    labels: ['view', 'state'],
    of: 'elected scheduler',
  },
  millrace_view_rows: {
    type: 'gauge',
    help: 'Rows of a view in the offline store.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_inbox_rows: {
    type: 'gauge',
    help: 'Pushed rows of a view that are waiting to be stored. Reported for views of kind pushed, and for retired ones until the inbox is empty.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_quarantined_rows: {
    type: 'gauge',
    help: 'Rows refused by the newest run of a view. Runs that neither stored rows nor failed are ignored.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_open_runs: {
    type: 'gauge',
    help: 'Planned, active and committed runs of a view.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_failures: {
    type: 'gauge',
    help: 'Consecutive failed runs of a view.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_view_paused: {
    type: 'gauge',
    help: '1 if a view is paused.',
    labels: ['view'],
    of: 'elected scheduler',
  },
  millrace_queue_jobs: {
    type: 'gauge',
    help: 'Jobs in a queue, by state.',
    labels: ['queue', 'state'],
    of: 'elected scheduler',
  },
  millrace_oldest_waiting_run_seconds: {
    type: 'gauge',
    help: 'How long the oldest planned run has waited for a worker; 0 if none is waiting.',
    labels: [],
    of: 'elected scheduler',
  },
  millrace_processes: {
    type: 'gauge',
    help: 'Processes that recorded a heartbeat within the last 30 seconds.',
    labels: ['kind'],
    of: 'elected scheduler',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
