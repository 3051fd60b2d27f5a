// millrace.yaml as written. URLs may hold ${NAME}, which comes from the environment; secrets always do.

import { z } from 'zod';
import { DEFAULT_SPOOL } from '../config.ts';
import { EXAMPLE } from '../rules/url-rules.ts';
import { alertsFile } from './alert-file.ts';
import { dashboard } from './dashboard-file.ts';
import { days, duration, map, NAME_PATTERN, name, prefix, record, someText, whole } from './field.ts';

const url = () => someText(`a URL, or ${EXAMPLE} for one from the environment`).meta({ title: 'url' });

const source = map({
  url: url().describe(
    'Where the source is: `postgres://…`, `mysql://…` or `mariadb://…`; or where its files are: `file:./lake`, a folder seen from that of millrace.yaml, `s3://bucket/prefix`, or `abfss://container@account.dfs.core.windows.net/folder`.',
  ),
  statement_timeout: duration().default('30m').describe('How long one statement may run.'),
  connect_timeout: duration().default('10s').describe('How long connecting may take.'),
  idle_timeout: duration()
    .default('30s')
    .describe('How long a transfer may go without a byte before it is broken off and resumed.'),
  pool_max: whole(1, 100).default(4).describe('Connections of one process to a database at once.'),
  memory_limit_mb: whole(64, 1_048_576).default(512).describe('Memory for one query over files, in megabytes.'),
  file_limit_mb: whole(1, 1_048_576)
    .default(4_096)
    .describe('How large one file may be as it is stored, in megabytes.'),
  file_rows_max: whole(1, 10_000_000_000).default(100_000_000).describe('How many rows one file may hold.'),
  decompression_ratio_max: whole(1, 100_000)
    .default(200)
    .describe('How many bytes may come out of a compressed file for each that is in it.'),
});

const spool = map({
  folder: someText('a folder')
    .optional()
    .describe(
      'The folder, seen from that of millrace.yaml; without it the temporary folder of the machine. The variable `MILLRACE_SPOOL_DIR` wins.',
    ),
  limit_mb: whole(1, 1_073_741_824)
    .default(DEFAULT_SPOOL.limitMb)
    .describe('Room for the files that the runs of one process have there at once, in megabytes; runs wait for room.'),
});

export const configFile = map({
  project: name().describe('The name of the project.'),
  offline: map({
    url: url().describe('A Postgres database, 15 or newer: the offline store, and the state of everything.'),
  }).describe('The offline store.'),
  online: map({
    url: url().describe('A Redis.'),
    prefix: prefix().default('mr').describe('What every key starts with: `{prefix}:{view}:{entity_id}`.'),
  }).describe('The online store.'),
  queue: map({
    url: url().describe('A Redis with `maxmemory-policy noeviction`; it may be the online one.'),
    prefix: prefix().default('millrace').describe('What every key of the queue starts with.'),
  }).describe('The queue.'),
  sources: record(
    z.string().regex(NAME_PATTERN, {
      error: () => 'a name: a lower-case letter, then at most 47 lower-case letters, digits or _',
    }),
    source,
    'map of name to source',
  ).describe('Connections that views read from, by name.'),
  alerts: alertsFile.optional().describe('Who is told when something is wrong.'),
  spool: spool.prefault({}).describe('Where files of object stores (`s3:`, `abfss:`) are kept while a run reads them.'),
  retention: days()
    .optional()
    .describe(
      'How long closed runs, their refused rows, history and finished backfills are kept, such as `90d`. Without it nothing is deleted. Some records are kept longer: see docs/operations/retention.md.',
    ),
  dashboard: dashboard.optional().describe('Who may use the dashboard. Without it, it is for this machine alone.'),
});

export type ConfigFile = z.infer<typeof configFile>;
