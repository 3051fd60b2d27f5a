// One Postgres and two Redis for the whole test run, and a template database with our tables: copying it takes a
// fraction of the time of the migrations. A server that does not start fails the run: nothing is skipped.

import type { TestProject } from 'vitest/node';
import { databaseNameOf, databasesAt, startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { openTestDatabase } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    migratedUrl: string;
    queueUrl: string;
    onlineUrl: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await using started = new AsyncDisposableStack();
  const ownPostgres = process.env['MILLRACE_TEST_POSTGRES_URL'];
  const ownRedis = process.env['MILLRACE_TEST_REDIS_URL'];
  const privateRedis = async () => started.use(await startRedis()).url;

  const postgresUrl = ownPostgres ?? started.use(await startPostgres()).url;
  project.provide('postgresUrl', postgresUrl);
  project.provide('migratedUrl', await migratedDatabase(postgresUrl, started));
  project.provide('queueUrl', ownRedis ?? (await privateRedis()));
  project.provide('onlineUrl', ownRedis ?? (await privateRedis()));
  const servers = started.move();
  return () => servers.disposeAsync();
}

async function migratedDatabase(postgresUrl: string, started: AsyncDisposableStack): Promise<string> {
  const server = databasesAt(postgresUrl);
  const url = await server.createDatabase();
  started.defer(() => server.dropDatabase(databaseNameOf(url)));
  // Closed before the first copy: a database with a connection cannot be copied.
  await using database = openTestDatabase(url);
  await migrate(database);
  return url;
}
