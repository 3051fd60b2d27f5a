import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/postgres/database.ts';
import { type PostgresServer, startPostgres } from '../../src/servers/servers.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { freshDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';

const SILENCE_MS = 400;

type World = AsyncDisposable & {
  readonly database: Database;
  /** The same server, without the forwarder. */
  readonly direct: Database;
  readonly network: Forwarder;
  readonly options: DatabaseOptions;
};

async function openWorld(extra: Partial<DatabaseOptions> = {}, server?: string): Promise<World> {
  const url = server ?? (await freshDatabase());
  const network = await startForwarder(url);
  const options: DatabaseOptions = {
    url: network.url,
    role: { label: 'The store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 3,
    connectTimeoutMs: 2_000,
    idleInTransactionMs: 30_000,
    applicationName: 'silence',
    silence: { clock: systemClock, silenceMs: SILENCE_MS },
    ...extra,
  };
  const parts = new AsyncDisposableStack();
  const database = parts.use(openDatabase(options));
  const { silence, ...plain } = options;
  const direct = parts.use(openDatabase({ ...plain, url, applicationName: 'direct' }));
  return { database, direct, network, options, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

const SILENT =
  /^The store has not responded for \d+ s on an open connection, and no query was running on this connection: the connection was closed\.$/;

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof Failure ? { code: error.code, message: error.message } : error;
}

const silent = { code: 'OFFLINE_UNAVAILABLE', message: expect.stringMatching(SILENT) };

/** The activity of the server's processes for the pool. */
const backends = async ({ direct }: World) =>
  direct.query<{ state: string }>(`select state from pg_stat_activity where application_name = 'silence' order by 1`);

describe('a pool whose connections go silent', () => {
  test('fails a statement of a frozen connection, and runs the next one over a new connection', async () => {
    await using world = await openWorld();
    const { database, network } = world;
    await database.query('select 1');
    network.freeze('existing');
    expect(await failureOf(database.query('select 2'))).toEqual(silent);
    expect(await database.query('select 3 as three')).toEqual([{ three: 3 }]);
  });

  test('discards every idle connection that was silent since one was found dead', async () => {
    await using world = await openWorld();
    const { database, network } = world;
    await Promise.all([1, 2, 3].map(() => database.query('select pg_sleep(0.05)')));
    network.freeze('existing');
    expect(await failureOf(database.query('select 2'))).toEqual(silent);
    const answers = await Promise.all([1, 2, 3].map((one) => database.query(`select ${one} as one`)));
    expect(answers).toEqual([[{ one: 1 }], [{ one: 2 }], [{ one: 3 }]]);
  });

  test('fails when new connections are silent, too, and recovers with the network', async () => {
    await using world = await openWorld({ connectTimeoutMs: 500 });
    const { database, network } = world;
    await database.query('select 1');
    network.freeze('all');
    expect(await failureOf(database.query('select 2'))).toMatchObject({ code: 'OFFLINE_UNAVAILABLE' });
    expect(await failureOf(database.query('select 3'))).toMatchObject({ code: 'OFFLINE_UNAVAILABLE' });
    network.heal();
    // Connecting may take half a second here, and a busy machine may need more than one try.
    await until(async () => (await failureOf(database.query('select 4'))) === null);
    expect(await database.query('select 4 as four')).toEqual([{ four: 4 }]);
  });

  test('waits for a statement while its server works on it', async () => {
    await using world = await openWorld();
    const slept = await world.database.query<{ slept: boolean }>('select pg_sleep(1.2) is not null as slept');
    expect(slept).toEqual([{ slept: true }]);
  });

  test('waits for a lock while another session holds it', async () => {
    await using world = await openWorld();
    const { database, direct } = world;
    await direct.run('create table t (id int)');
    const holder = Promise.withResolvers<void>();
    const holding = direct.transaction(async (session) => {
      await session.run('lock table t');
      holder.resolve();
      await until(async () => (await lockWaits(direct)) > 0);
      await session.query('select pg_sleep(1.2)');
    });
    await holder.promise;
    await database.run('insert into t values (1)');
    await holding;
    expect(await direct.query('select id from t')).toEqual([{ id: 1 }]);
  });

  test('waits for a commit far beyond the limit, and fails it if the response is lost', async () => {
    await using world = await openWorld();
    const { database, direct, network } = world;
    await direct.run('create table t (id int)');
    await direct.run(
      `create function slowly() returns trigger language plpgsql as 'begin perform pg_sleep(1.2); return null; end'`,
    );
    await direct.run(
      'create constraint trigger slow after insert on t deferrable initially deferred for each row execute function slowly()',
    );
    await database.transaction((session) => session.run('insert into t values (1)'));
    const lost = database.transaction((session) => session.run('insert into t values (2)'));
    await until(async () => (await backends(world)).some(({ state }) => state === 'active'));
    network.freeze('existing');
    expect(await failureOf(lost)).toEqual(silent);
    expect(await direct.query('select id from t order by 1')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test('leaves a transaction open while its holder does other work', async () => {
    await using world = await openWorld();
    await world.database.transaction(async (session) => {
      await session.run('create table t (id int)');
      await world.direct.query('select pg_sleep(1.2)');
      await session.run('insert into t values (1)');
    });
    expect(await world.direct.query('select id from t')).toEqual([{ id: 1 }]);
  });

  test('ends what a frozen transaction holds on the server', async () => {
    // The server's own limit would end it much later.
    await using world = await openWorld({ idleInTransactionMs: 600_000 });
    const { database, direct, network } = world;
    await direct.run('create table t (id int)');
    const stuck = database.transaction(async (session) => {
      await session.run('lock table t');
      network.freeze('existing');
      await session.run('insert into t values (1)');
    });
    expect(await failureOf(stuck)).toEqual(silent);
    await direct.run('insert into t values (2)');
    expect(await direct.query('select id from t')).toEqual([{ id: 2 }]);
  });

  test('lets a slow producer feed a COPY, and fails one whose connection is frozen', async () => {
    await using world = await openWorld();
    const { database, direct, network } = world;
    await direct.run('create table t (id text)');
    const line = `${'x'.repeat(64_000)}\n`;
    const copied = (lines: AsyncIterable<string>) =>
      database.transaction((session) => pipeline(Readable.from(lines), session.copyIn('copy t from stdin')));
    await copied(
      (async function* () {
        yield line;
        await direct.query('select pg_sleep(1.2)');
        yield line;
      })(),
    );
    expect(await direct.query('select count(*) as rows from t')).toEqual([{ rows: 2 }]);
    const frozen = copied(
      (async function* () {
        for (let lines = 0; ; lines += 1) {
          if (lines === 3) network.freeze('existing');
          yield line;
        }
      })(),
    );
    expect(await failureOf(frozen)).toEqual(silent);
    expect(await direct.query('select count(*) as rows from t')).toEqual([{ rows: 2 }]);
  });

  test('lets a slow consumer read a COPY, and fails one whose connection is frozen', async () => {
    await using world = await openWorld();
    const { database, direct, network } = world;
    const text = `copy (select repeat('x', 10000) from generate_series(1, 5000)) to stdout`;
    const read = (between: (pieces: number) => Promise<unknown>) =>
      database.session(async (session) => {
        let [pieces, bytes] = [0, 0];
        for await (const piece of session.copyOut(text)) {
          pieces += 1;
          bytes += (piece as Buffer).length;
          await between(pieces);
        }
        return bytes;
      });
    expect(await read(async (pieces) => pieces === 2 && direct.query('select pg_sleep(3)'))).toBe(50_005_000);
    expect(await failureOf(read(async (pieces) => pieces === 2 && network.freeze('existing')))).toEqual(silent);
  });

  test('ends although its connections do not, even if one is in use', async () => {
    const world = await openWorld();
    const { database, network } = world;
    const reserved = await database.reserve();
    await Promise.all([1, 2].map(() => database.query('select pg_sleep(0.05)')));
    network.freeze('existing');
    const waiting = failureOf(
      reserved.session.query('select 1').catch((error) => Promise.reject(reserved.explain(error))),
    );
    await world[Symbol.asyncDispose]();
    expect(await waiting).toMatchObject({ code: 'OFFLINE_UNAVAILABLE' });
  });

  test('ends without supervision as well', async () => {
    await using world = await openWorld();
    const { silence: _, ...unwatched } = world.options;
    const database = openDatabase(unwatched);
    await Promise.all([1, 2].map(() => database.query('select pg_sleep(0.05)')));
    world.network.freeze('existing');
    await database[Symbol.asyncDispose]();
  });

  test('makes the server check for lost clients', async () => {
    await using world = await openWorld();
    const [row] = await world.database.query(
      `select current_setting('client_connection_check_interval') as checks, current_setting('tcp_user_timeout') as sends,
              current_setting('tcp_keepalives_idle') as idle`,
    );
    expect(row).toEqual({ checks: '2s', sends: '60000', idle: '30' });
    const stop = new AbortController();
    const started = world.database.session((session) => session.query('select pg_sleep(60)'), stop.signal);
    await until(async () => (await backends(world)).some(({ state }) => state === 'active'));
    stop.abort(new Error('enough'));
    await expect(started).rejects.toThrow('enough');
    await until(async () => (await backends(world)).every(({ state }) => state !== 'active'));
  });
});

describe('a silent connection to a server without free connections', () => {
  const CONNECTIONS = 6;
  let server: PostgresServer;
  beforeAll(async () => {
    const settings = { max_connections: String(CONNECTIONS), superuser_reserved_connections: '0' };
    server = await startPostgres({ settings });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Takes all free connections. */
  async function fill(direct: Database): Promise<AsyncDisposable> {
    const taken = new AsyncDisposableStack();
    for (;;) {
      try {
        taken.use(await direct.reserve());
      } catch {
        return taken;
      }
    }
  }

  test('is checked over an idle connection of the pool, and its locks are released', async () => {
    const url = await server.createDatabase();
    // Without a check of its process it would be given up after twelve silences, and keep its lock for ten more
    // minutes.
    await using world = await openWorld({ idleInTransactionMs: 600_000 }, url);
    const { database, direct, network } = world;
    await direct.run('create table t (id int)');
    await using filling = openDatabase({ ...unwatched(world.options), url, poolMax: CONNECTIONS + 1 });
    const stuck = database.transaction(async (session) => {
      await session.run('lock table t');
      network.freeze('existing');
      await database.query('select 1');
      await using _taken = await fill(filling);
      const failed = failureOf(session.run('insert into t values (1)'));
      expect(await failed).not.toBeNull();
      expect(await direct.query(`select from pg_locks where relation = 't'::regclass`)).toEqual([]);
      throw new Error('enough');
    });
    expect(await failureOf(stuck)).toEqual(silent);
    await direct.run('insert into t values (2)');
  });

  test('is given up if no connection of the pool can check it', async () => {
    await using world = await openWorld(
      { silence: { clock: systemClock, silenceMs: 100 } },
      await server.createDatabase(),
    );
    const { database, direct, network, options } = world;
    await direct.query('select 1');
    await using filling = openDatabase({ ...unwatched(options), url: server.url, poolMax: CONNECTIONS + 1 });
    const stuck = database.session(async (session) => {
      await using _taken = await fill(filling);
      network.freeze('existing');
      await session.query('select 1');
    });
    expect(await failureOf(stuck)).toEqual(silent);
  });
});

const unwatched = ({ silence: _, ...rest }: DatabaseOptions) => rest;

async function lockWaits(direct: Database): Promise<number> {
  const rows = await direct.query(`select from pg_stat_activity where wait_event_type = 'Lock'`);
  return rows.length;
}
