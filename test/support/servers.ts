// Databases and Redis databases for tests: separate, empty, and deleted after the file.
//
// A test that stops, kills or freezes a server, or changes its settings, starts another one (src/servers/servers.ts).

import { inject } from 'vitest';
import { askRedis } from '../../src/servers/redis-inline.ts';
import { databaseNameOf, databasesAt } from '../../src/servers/servers.ts';
import { lastAfterFile } from './after-file.ts';

const cleanups: (() => Promise<unknown>)[] = [];

/** These run in parallel. */
function afterUse(cleanup: () => Promise<unknown>): void {
  if (cleanups.length === 0) lastAfterFile(() => Promise.all(cleanups.splice(0).map((one) => one())));
  cleanups.push(cleanup);
}

/** The URL of a new database with our tables, all empty; dropped after this file. */
export function migratedDatabase(): Promise<string> {
  return freshDatabase(inject('migratedUrl'));
}

/** The URL of a new database, empty or a copy of the database at `template`; dropped after this file. */
export async function freshDatabase(template?: string): Promise<string> {
  const server = databasesAt(inject('postgresUrl'));
  const url = await server.createDatabase(undefined, template === undefined ? undefined : databaseNameOf(template));
  afterUse(() => server.dropDatabase(databaseNameOf(url)));
  return url;
}

/**
 * The URL of an empty numbered database of the queue's or the online Redis, flushed after this file. Its keys are
 * separate (FLUSHDB, SCAN), but the server is shared: INFO, FLUSHALL, CONFIG and channels affect all tests.
 */
export async function freshRedis(server: 'queue' | 'online' = 'online'): Promise<string> {
  const url = inject(server === 'queue' ? 'queueUrl' : 'onlineUrl');
  // Private servers have 1024 databases, others the usual 16; number 0 only counts the assigned ones.
  const hasMany = (await ask(url, 'select 1023')) === '+OK';
  const databases = hasMany ? 1024 : 16;
  for (let tried = 1; tried < databases; tried += 1) {
    const turn = Number((await ask(url, 'incr millrace:test:turn')).slice(1));
    const number = 1 + (turn % (databases - 1));
    if ((await ask(url, `select ${number}`, 'dbsize')) !== ':0') continue;
    afterUse(() => ask(url, `select ${number}`, 'flushdb async'));
    const own = new URL(url);
    own.pathname = `/${number}`;
    return own.href;
  }
  throw new Error(`none of the ${databases} databases of the Redis at ${new URL(url).host} is empty`);
}

async function ask(url: string, ...commands: string[]): Promise<string> {
  const answers = await askRedis(url, commands);
  const last = answers?.at(-1);
  if (last === undefined) throw new Error(`the Redis at ${new URL(url).host} does not answer`);
  return last;
}
