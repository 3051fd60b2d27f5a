// Private servers whose users have passwords that can be recognized wherever they turn up.

import { systemClock } from '../../src/core/clock.ts';
import type { Database } from '../../src/postgres/database.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { openTestDatabase } from '../support/database.ts';

export type Servers = AsyncDisposable & {
  /** The secrets for millrace.yaml: plain passwords, URL-encoded ones, as a parameter and alone. */
  readonly env: Readonly<Record<string, string>>;
  /** The superuser's, on the database of the offline store and of the shop. */
  readonly database: Database;
  /** `127.0.0.1:5432`. */
  readonly postgres: string;
  readonly redis: string;
};

/** A password that needs no encoding in a URL. */
export function secret(name: string): string {
  return `kanarie${name}`;
}

/** A password that must be encoded in a URL; either end identifies it. */
function hardSecret(name: string): string {
  return `kanarie${name} /@#?:%&=+'"é-kanarie`;
}

export async function startServers(): Promise<Servers> {
  await using starting = new AsyncDisposableStack();
  const postgres = starting.use(await startPostgres());
  const redis = starting.use(await startRedis());
  const database = starting.use(openTestDatabase(postgres.url));
  await fill(database);
  await using admin = openRedis({ url: redis.url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  const user = (name: string, password: string) =>
    ['ACL', 'SETUSER', name, 'on', `>${password}`, '~*', '&*', '+@all'] as const;
  await admin.send([user('online', hardSecret('online')), user('queue', secret('queue'))]);
  const started = starting.move();
  const at = { postgres: `127.0.0.1:${postgres.port}`, redis: `127.0.0.1:${redis.port}` };
  return { ...at, env: environment(at), database, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

async function fill(database: Database): Promise<void> {
  const passwords = { offline: secret('offline'), shop: hardSecret('shop'), third: hardSecret('third') };
  for (const [role, password] of Object.entries(passwords)) {
    await database.run(`create role ${role} login superuser password '${password.replaceAll("'", "''")}'`);
  }
  await database.run('create table contacts (entity_id text, name text, score numeric)');
  await database.run(`insert into contacts values ('ada', 'zilverberg', 8675309), ('bob', 'zilvermeer', 8675309.5)`);
  await database.run(
    `create function complain(value text) returns text language plpgsql as $$
     begin raise exception 'bad value %', value using detail = value, hint = 'not ' || value; end $$`,
  );
}

function environment({ postgres, redis }: { postgres: string; redis: string }): Record<string, string> {
  const encoded = (name: string) => encodeURIComponent(hardSecret(name));
  return {
    OFFLINE_URL: `postgres://offline:${secret('offline')}@${postgres}/postgres`,
    SHOP_URL: `postgres://shop:${encoded('shop')}@${postgres}/postgres`,
    THIRD_PASSWORD: hardSecret('third'),
    THIRD_HOST: postgres,
    ONLINE_URL: `redis://online:${encoded('online')}@${redis}/1`,
    QUEUE_URL: `redis://queue:${secret('queue')}@${redis}/2`,
    DENIED_URL: `postgres://shop:${encoded('denied')}@${postgres}/postgres`,
    AWAY_URL: `postgres://shop:${secret('away')}@127.0.0.1:1/postgres`,
    // No server listens there; and the address of a webhook is itself a secret.
    HOOK_URL: `http://127.0.0.1:1/${secret('hook')}?token=${secret('token')}`,
    HOOK_SECRET: hardSecret('hook'),
    CHAT_URL: `http://127.0.0.1:1/services/${secret('path')}`,
    // A slash that should have been written as %2F.
    SLASHED_URL: `postgres://shop:12/${secret('slashed')}@${postgres}/postgres`,
  };
}
