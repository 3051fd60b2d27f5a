// The kinds of places of files, each with a real server behind it, for tests that hold for all of them.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import type { SourceOptions } from '../../../src/sources/source.ts';
import { openSpool } from '../../../src/sources/storage/spool.ts';
import { AZURE_ACCOUNT, startAzureServer } from '../../support/object-stores/azure-server.ts';
import { FILE_SECRET, LOOKUP_FAULTS, startFileServer } from '../../support/object-stores/file-server.ts';
import { LISTING_FAULTS, type ListingFault, type ObjectServer } from '../../support/object-stores/object-server.ts';
import { S3_ACCOUNT, startS3Server } from '../../support/object-stores/s3-server.ts';
import { sourceOptions } from '../worlds.ts';

export type PlaceWorld = AsyncDisposable & {
  put(name: string, body: string | Uint8Array): void;
  remove(name: string): void;
  /** Whether it can list files, and so supports wildcards. */
  readonly isListing: boolean;
  /** What a source there is opened with. */
  options(changes?: Partial<SourceOptions>): SourceOptions;
};

export type StoreWorld = PlaceWorld & {
  readonly server: ObjectServer;
  /** The faults of the requests that find files. */
  readonly findingFaults: readonly ListingFault['kind'][];
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
    isListing: true,
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
  /** How a source gets access. */
  readonly access: Partial<SourceOptions>;
  readonly findingFaults: StoreWorld['findingFaults'];
};

async function storeWorld({ server, access, findingFaults }: StartedStore): Promise<StoreWorld> {
  const spoolFolder = mkdtempSync(join(tmpdir(), 'millrace-test-spool-'));
  const spool = openSpool({ folder: spoolFolder, limitBytes: 100_000_000, clock: systemClock });
  return {
    server,
    findingFaults,
    isListing: findingFaults === LISTING_FAULTS,
    spoolFolder,
    put: (name, body) => server.put(`${FOLDER}/${name}`, body),
    remove: (name) => void server.objects.delete(`${FOLDER}/${name}`),
    spooled: () => readdirSync(spoolFolder),
    options: (changes) =>
      sourceOptions({
        name: 'lake',
        url: server.url(FOLDER),
        ...access,
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

/** Stores that list their files. */
export const STORES: Readonly<Record<string, () => Promise<StoreWorld>>> = {
  s3: async () =>
    storeWorld({ server: await startS3Server(), access: { account: S3_ACCOUNT }, findingFaults: LISTING_FAULTS }),
  azure: async () =>
    storeWorld({ server: await startAzureServer(), access: { account: AZURE_ACCOUNT }, findingFaults: LISTING_FAULTS }),
};

const NAMED_STORES: typeof STORES = {
  http: async () => {
    const headers = { authorization: `Bearer ${FILE_SECRET}` };
    return storeWorld({ server: await startFileServer(), access: { headers }, findingFaults: LOOKUP_FAULTS });
  },
};

/** All stores. Tests use patterns without wildcards, which HTTP servers do not support. */
export const ALL_STORES: typeof STORES = { ...STORES, ...NAMED_STORES };

export const PLACES: Readonly<Record<string, () => Promise<PlaceWorld>>> = { file: localWorld, ...STORES };

export const ALL_PLACES: typeof PLACES = { ...PLACES, ...NAMED_STORES };
