// The same rows in Postgres, MariaDB and a file, for tests of declared queries.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../src/core/failure.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { requireColumns } from '../../src/rows/layout.ts';
import { openSource } from '../../src/sources/index.ts';
import type { Source } from '../../src/sources/source.ts';
import { lakeFolder } from '../sources/lake/lake-files.ts';
import { rowsOf } from '../sources/source-contract.ts';
import { sourceOptions } from '../sources/worlds.ts';
import { openTestDatabase } from '../support/database.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { freshDatabase } from '../support/servers.ts';

export type EventRow = {
  readonly user_id: string;
  /** `2026-09-01 00:00:00.000001`, in UTC. */
  readonly event_time: string;
  readonly event_type: string | null;
  readonly country: string | null;
  readonly device: string | null;
  /** Two digits after the point. */
  readonly amount: string | null;
  readonly quantity: number | null;
  readonly score: number | null;
  readonly vip: boolean | null;
};

export type ProfileRow = { readonly user_id: string; readonly kyc: string | null; readonly level: number | null };

export type Engine = {
  readonly name: 'postgres' | 'mysql' | 'duckdb' | 'clickhouse';
  readonly url: string;
  readonly source: Source;
};

export const START = epochMsOf(Date.UTC(2026, 8, 1));
export const END = epochMsOf(Date.UTC(2026, 8, 10));

const COLUMNS = [
  'user_id',
  'event_time',
  'event_type',
  'country',
  'device',
  'amount',
  'quantity',
  'score',
  'vip',
] as const;

/** The rows in all three engines; as files, one for each day. Files have no table to look up, so `profiles` is only in the databases. */
export async function loadEngines(
  events: readonly EventRow[],
  profiles: readonly ProfileRow[],
): Promise<readonly Engine[]> {
  const [postgres, mysql, folder] = [await freshDatabase(), await freshMysql(), await lakeFolder()];
  await loadPostgres(postgres, events, profiles);
  await loadMysql(mysql, events, profiles);
  for (const [day, rows] of Map.groupBy(events, ({ event_time: time }) => time.slice(0, 10))) {
    writeFileSync(join(folder, `events-${day}.json`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  const opened = (name: Engine['name'], url: string) => ({
    name,
    url,
    source: openSource(sourceOptions({ name: 'shop', url, batchRows: 1000 })),
  });
  return [opened('postgres', postgres), opened('mysql', mysql), opened('duckdb', `file://${folder}`)];
}

async function loadPostgres(url: string, events: readonly EventRow[], profiles: readonly ProfileRow[]): Promise<void> {
  await using database = openTestDatabase(url);
  await database.query(`create table user_events (user_id text, event_time timestamptz, event_type text, country text,
    device text, amount numeric(12, 2), quantity int, score double precision, vip boolean)`);
  await database.query('create table profiles (user_id text, kyc text, level int)');
  await database.query('insert into user_events select * from jsonb_populate_recordset(null::user_events, $1)', [
    JSON.stringify(events.map((row) => ({ ...row, event_time: `${row.event_time}+00` }))),
  ]);
  await database.query('insert into profiles select * from jsonb_populate_recordset(null::profiles, $1)', [
    JSON.stringify(profiles),
  ]);
}

async function loadMysql(url: string, events: readonly EventRow[], profiles: readonly ProfileRow[]): Promise<void> {
  const values = events.map((row) => COLUMNS.map((column) => row[column]));
  await mysqlDo(
    url,
    `create table user_events (user_id varchar(100), event_time datetime(6), event_type varchar(100), country varchar(100),
       device varchar(100), amount decimal(12, 2), quantity int, score double, vip tinyint(1))`,
    'create table profiles (user_id varchar(100), kyc varchar(100), level int)',
    ...(values.length === 0 ? [] : [['insert into user_events values ?', [values]] as const]),
    ...(profiles.length === 0
      ? []
      : [
          [
            'insert into profiles values ?',
            [profiles.map(({ user_id, kyc, level }) => [user_id, kyc, level])],
          ] as const,
        ]),
  );
}

/** `from` for an engine: the table, or the file with the types of its fields. */
export function fromOf(engine: Engine['name']): Record<string, unknown> {
  const key = { entity_id: 'user_id', timestamp: 'event_time' };
  if (engine !== 'duckdb') return { table: 'user_events', ...key };
  const types = { event_time: 'timestamp', amount: 'decimal(12,2)', quantity: 'int', score: 'float', vip: 'bool' };
  return { files: 'events-{yyyy}-{MM}-{dd}.json', types, ...key };
}

/** Entity → its values as text by feature. */
export type Values = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** What a view yields as of `END`; nothing if there is no file in its windows. */
export async function valuesOf(engine: Engine, view: FeatureView): Promise<Values> {
  const signal = new AbortController().signal;
  const extraction = { view, span: interval(epochMsOf(END - view.unitMs), END) };
  const columns = await engine.source.describe(extraction, signal).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'FILES_MISSING') return null;
    throw error;
  });
  if (columns === null) return {};
  requireColumns(view, columns);
  const rows: (string | null)[][] = [];
  for await (const batch of engine.source.read({ ...extraction, columns }, signal)) rows.push(...rowsOf(batch));
  const names = columns.map(({ name }) => name);
  return Object.fromEntries(
    rows.map((row) => {
      const values = Object.fromEntries(row.map((text, index) => [names[index] ?? '', text]));
      const { entity_id: entity, timestamp: _timestamp, ...features } = values;
      return [entity ?? 'null', features];
    }),
  );
}
