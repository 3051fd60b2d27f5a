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
