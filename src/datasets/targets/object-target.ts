// A training set in an object store: its files are uploaded one by one, and its receipt last. Without a receipt there is no set.

import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FileLocation } from '../../sources/storage/file-location.ts';
import { objectFiles } from '../../sources/storage/object-files.ts';
import type { ObjectStore } from '../../sources/storage/object-store.ts';
import { type Spool, spoolFailure } from '../../sources/storage/spool.ts';
import { withRetries } from '../../sources/storage/store-retries.ts';
import { RECEIPT_FILE, receiptText } from '../receipt.ts';
import { systemCode } from './local-target.ts';
import { leftoverParts } from './set-files.ts';
import { BUILD_FILE, type Target } from './target.ts';

export type ObjectTargetOptions = {
  readonly store: ObjectStore;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
};

/** Makes files in the spool. @throws Failure SOURCE_UNAVAILABLE where the spool cannot be written. */
export async function objectTarget(options: ObjectTargetOptions, signal: AbortSignal): Promise<Target> {
  const { store, spool } = options;
  const folder = await spool.reserve(0, signal);
  const workPath = (name: string) => join(folder.path, name.replaceAll('/', '.'));
  const workFailure = (error: unknown) => (systemCode(error) === null ? error : spoolFailure(folder.path, error));
  const orFull = <T>(work: Promise<T>) => work.catch((error) => Promise.reject(workFailure(error)));
  const files = objectFiles(options);
  const putText = async (name: string, written: string, stop: AbortSignal) => {
    await orFull(writeFile(workPath(name), written));
    await retried(options, stop, () => store.write(name, workPath(name), stop));
  };
  const remove = (name: string, stop: AbortSignal) => retried(options, stop, () => store.remove(name, stop));
  // An account that may not remove it leaves it: what reads the set skips its name.
  const removeBuildFile = (stop: AbortSignal) => remove(BUILD_FILE, stop).catch(() => stop.throwIfAborted());
  let begun: ReadonlyMap<string, number> = new Map();
  return {
    label: store.label,
    async finished(token, stop) {
      const receipt = await textOf(files, RECEIPT_FILE, stop).catch(() => null);
      if (receipt === null) return null;
      // Left by a build that was interrupted after its set had appeared.
      const left = await textOf(files, BUILD_FILE, stop).catch(() => null);
      if (left === token) await removeBuildFile(stop);
      return receipt;
    },
    async begin(token, _how, stop) {
      await orFull(mkdir(folder.path, { recursive: true }));
      begun = await retried(options, stop, () => filesIn(store, stop));
      if (begun.has(RECEIPT_FILE)) throw present(store);
      const owner = begun.has(BUILD_FILE) ? await textOf(files, BUILD_FILE, stop) : null;
      if (owner === token) return;
      // Azure's is there under another name while it is uploaded.
      if ([...begun.keys()].some((name) => name !== `${BUILD_FILE}.part`)) throw present(store);
      // It comes first: files without it, or with the token of another build, are not of this build.
      await putText(BUILD_FILE, token, stop);
    },
    workPath,
    workFailure,
    async put(name, stop) {
      const path = workPath(name);
      const { size } = await stat(path);
      await retried(options, stop, () => store.write(name, path, stop));
      begun = new Map([...begun, [name, size]]);
      await rm(path);
    },
    bytesOf: async (name) => begun.get(name) ?? null,
    async finish(receipt, stop) {
      const found = await retried(options, stop, () => filesIn(store, stop));
      for (const name of leftoverParts(store.label, receipt, found)) await remove(name, stop);
      await putText(RECEIPT_FILE, receiptText(receipt), stop);
      await removeBuildFile(stop);
    },
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Null if there is no such object. */
async function textOf(files: FileLocation, name: string, signal: AbortSignal): Promise<string | null> {
  const [found] = await files.list([name], signal);
  if (found === undefined) return null;
  await using readable = await files.open([found], signal);
  return await readFile(readable.files[0]?.path ?? '', 'utf8');
}

async function filesIn(store: ObjectStore, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for await (const page of store.list({ prefix: '', depth: 'all' }, signal)) {
    for (const { name, bytes } of page) found.set(name, bytes);
  }
  return found;
}

function retried<T>({ store, clock }: ObjectTargetOptions, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  return withRetries({
    clock,
    signal,
    attempt,
    failureOf: (error) => {
      const { kind, what } = store.troubleOf(error);
      return kind === 'busy' || kind === 'wrong' || kind === 'expired' ? null : unwritable(store, what, error);
    },
    exhausted: (error) => unwritable(store, store.troubleOf(error).what, error),
  });
}

function unwritable({ label }: ObjectStore, what: string, cause: unknown): Failure {
  return new Failure(
    'OUTPUT_UNAVAILABLE',
    text`${safe(label)} cannot be written: ${what}; grant this account write access, or choose another location with --out.`,
    { place: label },
    cause,
  );
}

function present({ label }: ObjectStore): Failure {
  return new Failure(
    'ARGUMENT_INVALID',
    text`${safe(label)} already contains files, and training sets never overwrite files: choose another location with --out, or remove them.`,
    { place: label },
  );
}
