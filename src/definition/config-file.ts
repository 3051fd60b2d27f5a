// millrace.yaml as written. URLs may hold ${NAME}, which comes from the environment; secrets always do.

import { z } from 'zod';
import { duration, map, NAME_PATTERN, name, prefix, record, someText, whole } from './field.ts';
import { EXAMPLE } from './url-rules.ts';

const url = () => someText(`a URL, or ${EXAMPLE} for one from the environment`).meta({ title: 'url' });

const source = map({
  url: url().describe(
    'Where the source is: `postgres://…`, or `file:./lake` for a folder of files, seen from that of millrace.yaml.',
  ),
  statement_timeout: duration().default('30m').describe('How long one statement may run.'),
  connect_timeout: duration().default('10s').describe('How long connecting may take.'),
  memory_limit_mb: whole(64, 1_048_576).default(512).describe('Memory for one query over files, in megabytes.'),
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
});

export type ConfigFile = z.infer<typeof configFile>;
