import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { endLeftovers } from '../../src/servers/leftovers.ts';
import { identify, isAlive, type ProcessIdentity } from '../../src/servers/process-identity.ts';
import { askRedis } from '../../src/servers/redis-inline.ts';
import { startLocalServers, startPostgres, startRedis } from '../../src/servers/servers.ts';
import { freshDatabase, freshRedis } from '../support/servers.ts';
import { until } from '../support/until.ts';

const HOLDER = fileURLToPath(new URL('./server-holder.ts', import.meta.url));

async function ask<R>(url: string, text: string): Promise<R[]> {
  await using database = openDatabase({
    url,
    role: { label: 'test', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 1,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: 5_000,
    applicationName: 'test',
  });
  return await database.query<R>(text);
}

/** Another process that has started a Redis and then does nothing. */
async function holdServer(): Promise<{ holder: ChildProcess; url: string }> {
  const holder = spawn(process.execPath, [HOLDER], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  const { promise, resolve } = Promise.withResolvers<string>();
  holder.stdout?.on('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
  return { holder, url: await promise };
}

/** The process that serves on a port, with its supervisor. */
function processesOf(url: string): { server: ProcessIdentity; supervisor: ProcessIdentity } {
  const port = new URL(url).port;
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    const server = identify(pid);
    if (server === null || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`127.0.0.1:${port}`)) continue;
    const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const supervisor = identify(Number(parent));
    if (supervisor !== null) return { server, supervisor };
  }
  throw new Error(`nothing serves at ${port}`);
}

describe('startPostgres', () => {
  test('creates databases, and keeps their rows, except unlogged ones, after a crash and a restart on the same port', async () => {
    await using postgres = await startPostgres();
    const url = await postgres.createDatabase('shop');
    await ask(url, 'create table logged as select 1 as n');
    await ask(url, 'create unlogged table unlogged as select 1 as n');

    await postgres.stopImmediate();
    await expect(ask(url, 'select 1')).rejects.toThrow('is not responding');
    await postgres.start();

    expect(await ask(url, 'select n from logged')).toEqual([{ n: 1 }]);
    expect(await ask(url, 'select n from unlogged')).toEqual([]);
  });

  test('reports the log of a server that does not start', async () => {
    await expect(startPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(/shared_buffers.*plenty/s);
  });
});

describe('startRedis', () => {
  test('keeps the contents of an append-only file when it is killed, and loses everything otherwise', async () => {
    await using kept = await startRedis({ appendonly: 'yes' });
    await using forgotten = await startRedis();
    for (const redis of [kept, forgotten]) {
      await askRedis(redis.url, ['set a 1']);
      await redis.kill();
      expect(await askRedis(redis.url, ['ping'])).toBeNull();
      await redis.start();
    }

    expect(await askRedis(kept.url, ['exists a'])).toEqual([':1']);
    expect(await askRedis(forgotten.url, ['exists a'])).toEqual([':0']);
  });

  test('accepts connections without responding while it is paused, and can be ended then', async () => {
    await using redis = await startRedis();
    redis.pause();
    const early = await Promise.race([askRedis(redis.url, ['ping']), wait(200, 'no answer')]);
    redis.resume();
    const late = await askRedis(redis.url, ['ping']);
    redis.pause();

    expect({ early, late }).toEqual({ early: 'no answer', late: ['+PONG'] });
  });

  test('refuses commands without its password', async () => {
    await using redis = await startRedis();

    const answers = await askRedis(`redis://127.0.0.1:${redis.port}`, ['ping']);

    expect(answers?.[0]).toMatch(/^-NOAUTH/);
  });
});

describe('a private server', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('ends when its parent is ended by %s', async (signal) => {
    const { holder, url } = await holdServer();
    const { server, supervisor } = processesOf(url);

    holder.kill(signal);

    await until(() => !isAlive(server) && !isAlive(supervisor));
  });

  test('is ended by the next process if its supervisor was killed too', async () => {
    const { holder, url } = await holdServer();
    const { server, supervisor } = processesOf(url);
    const folder = realpathSync(`/proc/${server.pid}/cwd`);
    process.kill(supervisor.pid, 'SIGKILL');
    holder.kill('SIGKILL');
    await until(() => !isAlive(supervisor));
    expect(isAlive(server)).toBe(true);

    await endLeftovers();

    expect({ isAlive: isAlive(server), hasFolder: existsSync(folder) }).toEqual({ isAlive: false, hasFolder: false });
  });
});

describe('startLocalServers', () => {
  test('restarts with the same addresses and the same data', async () => {
    const project = mkdtempSync(join(tmpdir(), 'millrace-project-'));
    onTestFinished(() => rmSync(project, { recursive: true, force: true }));
    const before = await startLocalServers(project);
    await ask(await before.postgres.createDatabase('mine'), 'create table kept as select 1 as n');
    await askRedis(before.online.url, ['set a 1']);
    await before[Symbol.asyncDispose]();

    await using after = await startLocalServers(project);
    onTestFinished(() => rmSync(after.dataFolder, { recursive: true, force: true }));

    expect([after.postgres.url, after.queue.url, after.online.url]).toEqual([
      before.postgres.url,
      before.queue.url,
      before.online.url,
    ]);
    expect(await ask(after.postgres.urlOf('mine'), 'select n from kept')).toEqual([{ n: 1 }]);
    expect(await askRedis(after.online.url, ['exists a'])).toEqual([':1']);
  });
});

describe('freshDatabase', () => {
  test('is empty, or a copy', async () => {
    const template = await freshDatabase();
    await ask(template, 'create table n as select 1 as n');

    const copy = await freshDatabase(template);

    expect(await ask(copy, 'select n from n')).toEqual([{ n: 1 }]);
    expect(copy).not.toBe(template);
  });
});

describe('freshRedis', () => {
  test('gives each caller its own database', async () => {
    const [first, second] = [await freshRedis('queue'), await freshRedis('queue')];
    const select = (url: string) => `select ${new URL(url).pathname.slice(1)}`;
    await askRedis(first, [select(first), 'set a 1']);

    expect(await askRedis(second, [select(second), 'dbsize'])).toEqual(['+OK', ':0']);
  });
});
