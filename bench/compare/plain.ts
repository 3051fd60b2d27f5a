// Plain: what a decent afternoon script does, with row objects, INSERT … ON CONFLICT by 1,000 and pipelines of HSET.

import { Redis } from 'ioredis';
import pg from 'pg';
import { featureColumns, type OpenRival, SNAPSHOT_AT } from './rival.ts';

const ROWS_PER_BATCH = 1_000;

export const openPlain: OpenRival = async ({ postgres, redis }, compared) => {
  const names = featureColumns(compared);
  const [source, store] = [new pg.Client(postgres), new pg.Client(postgres)];
  await source.connect();
  await store.connect();
  const online = new Redis(redis);
  await store.query('drop table if exists plain_rows');
  await store.query(
    `create table plain_rows (entity_id text, at timestamptz, ${names.map((name) => `${name} float8`).join(', ')}, primary key (entity_id, at))`,
  );
  return {
    name: 'plain',
    pid: null,
    load: async () => {
      await source.query(
        `begin; declare rows_of_big cursor for select entity_id, timestamptz '${SNAPSHOT_AT}' as at, ${names.join(', ')} from big`,
      );
      for (;;) {
        const { rows } = await source.query<Row>(`fetch ${ROWS_PER_BATCH} from rows_of_big`);
        if (rows.length === 0) break;
        await upsert(store, names, rows);
        await publish(online, names, rows);
      }
      await source.query('commit');
      return 0;
    },
    [Symbol.asyncDispose]: async () => {
      online.disconnect();
      await Promise.all([source.end(), store.end()]);
    },
  };
};

type Row = Readonly<Record<string, unknown>>;

async function upsert(store: pg.Client, names: readonly string[], rows: readonly Row[]): Promise<void> {
  const columns = ['entity_id', 'at', ...names];
  const values = rows.flatMap((row) => columns.map((name) => row[name]));
  const places = rows.map(
    (_, row) => `(${columns.map((_name, index) => `$${row * columns.length + index + 1}`).join(', ')})`,
  );
  await store.query(
    `insert into plain_rows (${columns.join(', ')}) values ${places.join(', ')}
     on conflict (entity_id, at) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    values,
  );
}

async function publish(online: Redis, names: readonly string[], rows: readonly Row[]): Promise<void> {
  const pipeline = online.pipeline();
  for (const row of rows) {
    const values = Object.fromEntries(names.map((name) => [name, String(row[name])]));
    pipeline.hset(`plain:big:${String(row['entity_id'])}`, { _ts: String(row['at']), ...values });
  }
  await pipeline.exec();
}
