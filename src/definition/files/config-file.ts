// The schema of millrace.yaml. URLs may contain ${NAME}, a variable of the environment. Secrets must be variables.

import { z } from 'zod';
import { DEFAULT_SPOOL } from '../config.ts';
import { DATABASE_DIALECTS } from '../query/sql-text.ts';
import { EXAMPLE } from '../rules/url-rules.ts';
import { alertsFile } from './alert-file.ts';
import { api } from './api-file.ts';
import { dashboard } from './dashboard-file.ts';
import { days, map, NAME_PATTERN, name, oneOf, prefix, record, someText, text, timeLimit, whole } from './field.ts';
import { fromFile } from './from-file.ts';

const url = () => someText(`a URL, or ${EXAMPLE} for one from the environment`).meta({ title: 'url' });

const source = map({
  url: url().describe(
    'The URL of a database (`postgres://…`, `mysql://…`, `mariadb://…` or `clickhouse://…`), of a file location (`file:./lake`, relative to millrace.yaml, `s3://bucket/prefix` or `abfss://container@account.dfs.core.windows.net/folder`), or of an HTTP server (`https://api.example.com/v1`).',
  ),
  dialect: oneOf([...DATABASE_DIALECTS, 'any'])
    .optional()
    .describe(
      'The SQL dialect of the queries on a database source, so that `millrace validate` can check them. Needed only if `url` is a variable. Use `any` for a database whose SQL extends Postgres SQL. Default: determined by the scheme of `url`.',
    ),
  fallback: name()
    .optional()
    .describe(
      'Another source with the same tables, such as the primary of a replica. It is read when this source is unavailable. Databases only.',
    ),
  read_with: oneOf(['copy', 'cursor'])
    .optional()
    .describe(
      'For Postgres: `cursor` for databases that speak its protocol but do not support `COPY (query) TO STDOUT`, such as Hologres. Default: copy.',
    ),
  bearer: someText(`a variable such as ${EXAMPLE}`)
    .optional()
    .describe('For an HTTP API: the token for the `Authorization: Bearer` header, as an environment variable.'),
  headers: record(
    z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { error: () => 'the name of a header' }),
    text(),
    'map of header to text',
  )
    .optional()
    .describe(
      `For an HTTP API: the headers to send with each request, such as \`{ X-Api-Key: "${EXAMPLE}" }\`. Secrets must be variables.`,
    ),
  statement_timeout: timeLimit().default('30m').describe('The maximum time for one statement, at most `24d`.'),
  connect_timeout: timeLimit().default('10s').describe('The maximum time to establish a connection, at most `24d`.'),
  idle_timeout: timeLimit()
    .default('30s')
    .describe('How long a transfer can go without receiving data before it is stopped and resumed, at most `24d`.'),
  pool_max: whole(1, 100).default(4).describe('The maximum number of connections to the database per process.'),
  memory_limit_mb: whole(64, 1_048_576)
    .default(512)
    .describe('The memory limit for one query over files, in megabytes.'),
  file_limit_mb: whole(1, 1_048_576).default(4_096).describe('The maximum stored size of one file, in megabytes.'),
  file_rows_max: whole(1, 10_000_000_000).default(100_000_000).describe('The maximum number of rows in one file.'),
  decompression_ratio_max: whole(1, 100_000)
    .default(200)
    .describe("The maximum ratio of a file's decompressed size to its compressed size."),
});

const spool = map({
  folder: someText('a folder')
    .optional()
    .describe(
      "The folder, relative to millrace.yaml. Default: the system's temporary folder. The environment variable `MILLRACE_SPOOL_DIR` takes precedence.",
    ),
  limit_mb: whole(1, 1_073_741_824)
    .default(DEFAULT_SPOOL.limitMb)
    .describe(
      'The maximum disk space for the files of all runs in one process, in megabytes. Runs wait for free space.',
    ),
});

export const configFile = map({
  project: name().describe('The name of the project.'),
  offline: map({
    url: url().describe(
      "The URL of a Postgres database, version 15 or newer. It holds the offline store and Millrace's own state.",
    ),
  }).describe('The offline store.'),
  online: map({
    url: url().describe('The URL of a Redis server.'),
    prefix: prefix()
      .default('mr')
      .describe(
        'The prefix of every key: `{prefix}:{view}:{entity_id}`. Each project on a Redis server needs its own.',
      ),
    rows_per_second: whole(1_000, 10_000_000)
      .optional()
      .describe(
        'The maximum number of rows that each process writes to the online store per second, so that a large load does not slow down reads. Default: no limit.',
      ),
  }).describe('The online store.'),
  queue: map({
    url: url().describe(
      'The URL of a Redis server with `maxmemory-policy noeviction`. It can be the same server as `online.url`.',
    ),
    prefix: prefix()
      .default('millrace')
      .describe('The prefix of every key in the queue. Each project on a Redis server needs its own.'),
  }).describe('The queue.'),
  sources: record(
    z.string().regex(NAME_PATTERN, {
      error: () => 'a name: a lower-case letter, then at most 47 lower-case letters, digits or _',
    }),
    source,
    'map of name to source',
  ).describe('Connections that views read from, by name.'),
  tables: record(
    z.string().regex(NAME_PATTERN, {
      error: () => 'a name: a lower-case letter, then at most 47 lower-case letters, digits or _',
    }),
    fromFile,
    'map of name to table',
  )
    .optional()
    .describe('Tables that several views can aggregate, by name. To use one in a view, set `from: NAME`.'),
  alerts: alertsFile.optional().describe('Alert rules, and where alerts are sent.'),
  spool: spool
    .prefault({})
    .describe(
      'The temporary folder that holds files from object stores (`s3:`, `abfss:`) and HTTP servers while a run reads them.',
    ),
  retention: days()
    .optional()
    .describe(
      'How long to keep closed runs, their refused rows, history and finished backfills, for example `90d`. Default: forever. Some records are kept longer; see docs/operations/retention.md.',
    ),
  api: api.optional().describe('Access to the HTTP API that `millrace api` serves, and its limits.'),
  dashboard: dashboard
    .optional()
    .describe('Access to the dashboard. Without this key, the dashboard can be opened only from this machine.'),
});

export type ConfigFile = z.infer<typeof configFile>;
