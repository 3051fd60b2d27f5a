// Probes of sources whose real servers are stopped and started.

import { mkdtemp, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startMariadb, startPostgres } from '../../src/servers/servers.ts';
import { openSource } from '../../src/sources/index.ts';
import { sourceOptions } from './worlds.ts';

type Server = { readonly url: string; stop(): Promise<void>; start(): Promise<void> };

async function postgres(): Promise<Server> {
  const server = await startPostgres();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { url: await server.createDatabase(), stop: () => server.stop(), start: () => server.start() };
}

async function mariadb(): Promise<Server> {
  const server = await startMariadb();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { url: server.url, stop: () => server.kill(), start: () => server.start() };
}

/** A folder that is not mounted. */
async function folder(): Promise<Server> {
  const path = join(await mkdtemp(join(tmpdir(), 'probe-')), 'lake');
  const unmounted = await mkdtemp(`${path}-`);
  return {
    url: `file://${path}`,
    stop: () => rename(path, unmounted),
    start: () => rename(unmounted, path),
  };
}

describe('probe', () => {
  test.each([
    ['Postgres', postgres],
    ['MariaDB', mariadb],
    ['a folder', folder],
  ])('fails while %s is away, and responds again afterwards', async (_, open) => {
    const server = await open();
    if (open === folder) await server.start();
    await using source = openSource(sourceOptions({ url: server.url }));
    const { signal } = new AbortController();
    expect(await source.probe(signal)).toBeUndefined();
    await server.stop();
    await expect(source.probe(signal)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    await server.start();
    expect(await source.probe(signal)).toBeUndefined();
  });
});
