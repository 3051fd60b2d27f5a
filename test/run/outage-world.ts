// A source on a separate server, which tests stop and start; and a database clock that tests move.

import { type PostgresServer, startPostgres } from '../../src/servers/servers.ts';
import { openTestDatabase } from '../support/database.ts';
import { openWorld, type World } from '../support/world.ts';

export type OutageWorld = World & {
  readonly server: Pick<PostgresServer, 'stop' | 'start'>;
  /** Moves the clock of the state database. */
  passMinutes(minutes: number): Promise<void>;
  /** What a worker does periodically: probes, and then performs the planned runs. */
  look(): Promise<readonly number[]>;
};

export const NO_RETRIES = { attempts: 1 };

export async function coverageOf({ sql }: World, name = 'spend'): Promise<unknown> {
  const [row] = await sql(
    `select c.held::text as held, c.covered::text as covered from millrace.coverage c
       join millrace.view v on v.id = c.view_id where v.name = $1`,
    [name],
  );
  return row;
}

/**
 * The intervals of `spend` fail while their source is down. It responds when the next probe is minutes away, and `other` reads it.
 * Returns how many runs of `spend` a look plans before that, and after it.
 */
export async function looksAroundAnotherRun(world: OutageWorld): Promise<readonly [before: number, after: number]> {
  await world.server.stop();
  await world.materialize('spend', NO_RETRIES);
  for (const minutes of [1, 2, 4, 8]) {
    await world.look();
    await world.passMinutes(minutes);
  }
  await world.look();
  await world.server.start();
  const before = await world.look();
  await world.materialize('other');
  const after = await world.look();
  return [before.length, after.length];
}

/** The source `shop` has the table `spend` with two rows. `sources` are more sources: name → URL. */
export async function outageWorld(sources: Readonly<Record<string, string>> = {}): Promise<OutageWorld> {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await startPostgres());
  const url = await server.createDatabase();
  await using source = openTestDatabase(url);
  await source.run('create table spend (entity_id text, value float8)');
  await source.run(`insert into spend values ('ada', 1), ('bob', 2)`);
  const world = parts.use(await openWorld({ sources: { shop: url, ...sources } }));
  let minutes = 0;
  const opened = parts.move();
  return {
    ...world,
    server,
    passMinutes: async (more) => {
      minutes += more;
      await world.sql(
        `create or replace function millrace.now() returns timestamptz language sql as
           $$ select clock_timestamp() + interval '${minutes} minutes' $$`,
      );
    },
    look: async () => {
      const runs = await world.app.probeSources(new AbortController().signal);
      for (const run of runs) await world.perform(run);
      return runs;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
