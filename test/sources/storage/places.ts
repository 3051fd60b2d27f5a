// The kinds of places of files, each with a real server behind it, for tests that hold for all of them.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import type { SourceOptions } from '../../../src/sources/source.ts';
import { openSpool } from '../../../src/sources/storage/spool.ts';
import { AZURE_ACCOUNT, startAzureServer } from '../../support/object-stores/azure-server.ts';
import type { ObjectServer } from '../../support/object-stores/object-server.ts';
import { S3_ACCOUNT, startS3Server } from '../../support/object-stores/s3-server.ts';
import { sourceOptions } from '../worlds.ts';

export type PlaceWorld = AsyncDisposable & {
  put(name: string, body: string | Uint8Array): void;
  remove(name: string): void;
  /** What a source there is opened with. */
  options(changes?: Partial<SourceOptions>): SourceOptions;
};

export type StoreWorld = PlaceWorld & {
  readonly server: ObjectServer;
  /** What is in the spool's folder. */
  spooled(): string[];
  readonly spoolFolder: string;
};

/** Waits a twentieth of the time between attempts. */
export const HURRIED: Clock = {
  ...systemClock,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / 20, signal),
};

/** All below `lake/` of the place. */
const FOLDER = 'lake';

async function localWorld(): Promise<PlaceWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-place-'));
  return {
    put(name, body) {
      mkdirSync(dirname(join(folder, FOLDER, name)), { recursive: true });
      writeFileSync(join(folder, FOLDER, name), body);
    },
    remove: (name) => rmSync(join(folder, FOLDER, name)),
    options: (changes) => sourceOptions({ name: 'lake', url: `file://${folder}/${FOLDER}`, ...changes }),
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

type StartedStore = {
  readonly server: ObjectServer & { url(folder?: string): string };
  readonly account: Record<string, string>;
};

async function storeWorld({ server, account }: StartedStore): Promise<StoreWorld> {
  const spoolFolder = mkdtempSync(join(tmpdir(), 'millrace-test-spool-'));
  const spool = openSpool({ folder: spoolFolder, limitBytes: 100_000_000, clock: systemClock });
  return {
    server,
    spoolFolder,
    put: (name, body) => server.put(`${FOLDER}/${name}`, body),
    remove: (name) => void server.objects.delete(`${FOLDER}/${name}`),
    spooled: () => readdirSync(spoolFolder),
    options: (changes) =>
      sourceOptions({
        name: 'lake',
        url: server.url(FOLDER),
        account,
        spool,
        clock: HURRIED,
        idleTimeoutMs: 10_000,
        ...changes,
      }),
    async [Symbol.asyncDispose]() {
      await spool[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      rmSync(spoolFolder, { recursive: true, force: true });
    },
  };
}

export const STORES: Readonly<Record<string, () => Promise<StoreWorld>>> = {
  s3: async () => storeWorld({ server: await startS3Server(), account: S3_ACCOUNT }),
  azure: async () => storeWorld({ server: await startAzureServer(), account: AZURE_ACCOUNT }),
};

export const PLACES: Readonly<Record<string, () => Promise<PlaceWorld>>> = { file: localWorld, ...STORES };
