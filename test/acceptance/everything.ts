// A view with a feature of every type; its source, Postgres or a Parquet file, can contain any rows.

import { join } from 'node:path';
import type { FeatureView } from '../../src/definition/view.ts';
import type { FeatureType } from '../../src/feature-types/index.ts';
import { entityKey } from '../../src/online/layout.ts';
import { quotedText } from '../../src/sources/formats/quote.ts';
import { lakeFolder, writeParquet } from '../sources/lake/lake-files.ts';
import { viewFiles } from '../sources/worlds.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

/** Feature → its types here, in Postgres and in Parquet; a Parquet decimal gets the scale of the written values. */
const TYPES = {
  f: ['float', 'float8', 'double'],
  i: ['int', 'int8', 'bigint'],
  d: ['decimal', 'numeric', 'decimal'],
  s: ['string', 'text', 'varchar'],
  b: ['bool', 'bool', 'boolean'],
  j: ['json', 'json', 'json'],
  t: ['timestamp', 'timestamptz', 'timestamptz'],
  v: ['vector(3)', 'float8[]', 'double[]'],
} as const satisfies Record<string, readonly [FeatureType, string, string]>;

export type Name = keyof typeof TYPES;
export type Texts = Readonly<Record<Name, string | null>>;
export type Row = { readonly id: string; readonly at: string; readonly values: Texts };

const NAMES = Object.keys(TYPES) as Name[]; // the keys written above
const QUERY = `select entity_id, moment as timestamp, ${NAMES.join(', ')} from`;
export const NULLS: Texts = { f: null, i: null, d: null, s: null, b: null, j: null, t: null, v: null };

const EVERYTHING = view({
  name: 'everything',
  kind: 'events',
  end: at('2026-01-02'),
  features: NAMES.map((name) => feature(name, TYPES[name][0], { nullable: true })),
});

/** A source of the view with exactly the given rows. */
export type Feed = { readonly world: World; readonly view: FeatureView; fill(rows: readonly Row[]): Promise<void> };

export async function fromPostgres(): Promise<Feed> {
  const world = await openWorld();
  const columns = NAMES.map((name) => `${name} ${TYPES[name][1]}`);
  await world.sql(`create table everything (entity_id text, moment timestamptz, ${columns.join(', ')})`);
  const texts = NAMES.map((_, index) => `$${index + 3}::text[]`);
  const values = NAMES.map((name) => `${name}::${TYPES[name][1]}`);
  const query = `${QUERY} everything where moment >= {{start}} and moment < {{end}}`;
  return {
    world,
    view: { ...EVERYTHING, query },
    fill: async (rows) => {
      await world.sql('truncate everything');
      const lists = NAMES.map((name) => rows.map(({ values: row }) => (name === 'v' ? arrayText(row.v) : row[name])));
      await world.sql(
        `insert into everything select id, moment::timestamptz, ${values.join(', ')}
           from unnest($1::text[], $2::text[], ${texts.join(', ')}) rows (id, moment, ${NAMES.join(', ')})`,
        [rows.map(({ id }) => id), rows.map((row) => row.at), ...lists],
      );
    },
  };
}

function arrayText(list: string | null): string | null {
  return list?.replace('[', '{').replace(']', '}') ?? null;
}

export async function fromParquet(): Promise<Feed> {
  const folder = await lakeFolder();
  const query = `${QUERY} files where moment >= {{start}} and moment < {{end}}`;
  return {
    world: await openWorld({ sources: { lake: `file://${folder}` } }),
    view: { ...EVERYTHING, source: 'lake', query, files: viewFiles({ pattern: '{yyyy}-{MM}-{dd}.parquet' }) },
    fill: async (rows) => {
      const scale = rows.find((row) => row.values.d !== null)?.values.d?.split('.')[1]?.length ?? 0;
      const types = NAMES.map((name) => (name === 'd' ? `decimal(38, ${scale})` : TYPES[name][2]));
      const casts = NAMES.map((name, index) => `${name}::${types[index]} as ${name}`);
      const lines = rows.map((row) =>
        [row.id, row.at, ...NAMES.map((name) => row.values[name])].map(quoted).join(', '),
      );
      await writeParquet(
        join(folder, '2026-01-01.parquet'),
        `select entity_id::varchar as entity_id, moment::timestamptz as moment, ${casts.join(', ')}
           from (values ${lines.map((line) => `(${line})`).join(',\n')}) rows (entity_id, moment, ${NAMES.join(', ')})`,
        // With dictionary encoding, DuckDB writes 0 and -0 as whichever comes first.
        ', dictionary_size_limit 0',
      );
    },
  };
}

function quoted(text: string | null): string {
  return text === null ? 'null' : quotedText(text);
}

export async function materialize({ world, view: defined }: Feed): Promise<unknown> {
  await world.apply(defined);
  await world.sql('update millrace.coverage set stale = covered');
  const [outcome] = await world.materialize(defined.name, { allowRemovals: true });
  if (outcome?.kind !== 'completed') throw new Error(`not completed: ${JSON.stringify(outcome)}`);
  const { inserted, changed, unchanged, removed, refused } = outcome.value.counts;
  return { inserted, changed, unchanged, removed, refused };
}

/** The offline table in Postgres' text format, by time. */
export async function offlineRows(world: World): Promise<Row[]> {
  const texts = NAMES.map((name) => `${name}::text as ${name}`);
  const rows = await world.sql(
    `select entity_id as id, event_timestamp::text as at, ${texts.join(', ')} from features.everything order by event_timestamp, entity_id`,
  );
  return rows.map(({ id, at: time, ...values }) => ({ id, at: time, values }) as Row); // the columns asked for
}

/** The exact bytes of an entity's hash, without the publish number. */
export async function onlineHash({ app }: World, id: string): Promise<Record<string, string>> {
  const [reply] = await app.online.redis.send([['HGETALL', entityKey('mr', 'everything', id)]]);
  const cells = reply as string[]; // HGETALL replies in turn: field, value
  const fields = cells.flatMap((cell, index) => (index % 2 === 0 ? [[cell, cells[index + 1] ?? ''] as const] : []));
  return Object.fromEntries(fields.filter(([name]) => name !== '_rev'));
}
