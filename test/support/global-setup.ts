// One Postgres and two Redis for the whole test run. A server that cannot be had fails the run: nothing is skipped.

import type { TestProject } from 'vitest/node';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    queueUrl: string;
    onlineUrl: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await using started = new AsyncDisposableStack();
  const ownPostgres = process.env['MILLRACE_TEST_POSTGRES_URL'];
  const ownRedis = process.env['MILLRACE_TEST_REDIS_URL'];
  const privateRedis = async () => started.use(await startRedis()).url;

  project.provide('postgresUrl', ownPostgres ?? started.use(await startPostgres()).url);
  project.provide('queueUrl', ownRedis ?? (await privateRedis()));
  project.provide('onlineUrl', ownRedis ?? (await privateRedis()));
  const servers = started.move();
  return () => servers.disposeAsync();
}
