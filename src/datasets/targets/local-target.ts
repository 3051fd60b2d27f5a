// A training set in a folder of this machine: built in a folder next to it, which is renamed at the end.

import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Failure, wordsOf } from '../../core/failure.ts';
import { text, value } from '../../core/message.ts';
import { RECEIPT_FILE, type Receipt, receiptText } from '../receipt.ts';
import { leftoverParts } from './set-files.ts';
import { BUILD_FILE, type Target } from './target.ts';

/** The set in this folder, which must not exist yet. */
export function localTarget(folder: string): Target {
  const building = `${folder}.building`;
  const orUnwritable = <T>(work: () => Promise<T>) =>
    work().catch((error) => Promise.reject(unwritable(folder, error)));
  return {
    label: folder,
    finished: async (token) => {
      // Left by a build that was interrupted after its set had appeared.
      if ((await tokenIn(folder)) === token) await rm(join(folder, BUILD_FILE)).catch(() => undefined);
      return readFile(join(folder, RECEIPT_FILE), 'utf8').catch(() => null);
    },
    begin: (token, how) =>
      orUnwritable(async () => {
        if (await exists(folder)) throw present(folder);
        if ((await tokenIn(building)) !== token || how === 'new') await removeOurs(building);
        // Its file comes first: a folder with anything else in it and without this file is not ours.
        await mkdir(building, { recursive: true });
        await writeFile(join(building, BUILD_FILE), token);
        await mkdir(join(building, 'work'), { recursive: true });
      }),
    workPath: (name) => join(building, 'work', name.replaceAll('/', '.')),
    workFailure: (error) => unwritable(folder, error),
    put: (name) =>
      orUnwritable(async () => {
        const from = join(building, 'work', name.replaceAll('/', '.'));
        await synced(from);
        await mkdir(dirname(join(building, name)), { recursive: true });
        await rename(from, join(building, name));
      }),
    bytesOf: async (name) => (await stat(join(building, name)).catch(() => null))?.size ?? null,
    finish: (receipt) => orUnwritable(() => finishSet(building, folder, receipt)),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Until the folder has its name, it stays that of an unfinished build, which can be resumed. */
async function finishSet(building: string, folder: string, receipt: Receipt): Promise<void> {
  await rm(join(building, 'work'), { recursive: true, force: true });
  for (const name of leftoverParts(building, receipt, await filesIn(building))) await rm(join(building, name));
  if (await exists(folder)) throw present(folder);
  await writeFile(join(building, RECEIPT_FILE), receiptText(receipt));
  await synced(join(building, RECEIPT_FILE));
  await rename(building, folder);
  await rm(join(folder, BUILD_FILE));
}

/** Sizes by names. */
async function filesIn(folder: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(relative(folder, path).replaceAll(sep, '/'), (await stat(path)).size);
  }
  return found;
}

/** The operating system's code of an error, such as ENOSPC; null for any other error, such as one from Postgres. */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return !(error instanceof Failure) && /^E[A-Z]+$/.test(error.code) ? error.code : null;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

async function tokenIn(folder: string): Promise<string | null> {
  return readFile(join(folder, BUILD_FILE), 'utf8').catch(() => null);
}

/** What an earlier build left behind; a folder that is no build's is not touched. */
async function removeOurs(building: string): Promise<void> {
  const names: readonly string[] = await readdir(building).catch(() => []);
  if (names.length > 0 && !names.includes(BUILD_FILE)) throw present(building);
  await rm(building, { recursive: true, force: true });
}

async function synced(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function present(folder: string): Failure {
  return new Failure(
    'ARGUMENT_INVALID',
    text`${value(folder)} already exists, and training sets never overwrite files: choose another location with --out, or remove it.`,
    {},
  );
}

/** What it means that a file of the set cannot be written. */
function unwritable(folder: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === null) return error;
  // Something took its name in the moment before the rename.
  if (code === 'ENOTEMPTY' || code === 'EEXIST') return present(folder);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const remedy = full
    ? 'free up space there, then run the command again to resume the build'
    : 'make it writable, or choose another location with --out';
  return new Failure(
    'OUTPUT_UNAVAILABLE',
    text`${value(folder)} cannot be written: ${wordsOf(error)}; ${remedy}.`,
    {},
    error,
  );
}
