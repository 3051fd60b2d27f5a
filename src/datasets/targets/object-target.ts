// A training set in an object store: its files are uploaded one by one, and its receipt last. Without a receipt there is no set.

import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { ObjectStore } from '../../sources/storage/object-store.ts';
import { type Spool, spoolFailure } from '../../sources/storage/spool.ts';
import { withRetries } from '../../sources/storage/store-retries.ts';
import { RECEIPT_FILE } from '../receipt.ts';
import { systemCode } from './local-target.ts';
import type { Target } from './target.ts';

export type ObjectTargetOptions = { readonly store: ObjectStore; readonly spool: Spool; readonly clock: Clock };

/** Makes files in the spool. @throws Failure SOURCE_UNAVAILABLE where the spool cannot be written. */
export async function objectTarget(options: ObjectTargetOptions, signal: AbortSignal): Promise<Target> {
  const { store, spool } = options;
  const folder = await spool.reserve(0, signal);
  const workPath = (name: string) => join(folder.path, name.replaceAll('/', '.'));
  const workFailure = (error: unknown) => (systemCode(error) === null ? error : spoolFailure(folder.path, error));
  const orFull = <T>(work: Promise<T>) => work.catch((error) => Promise.reject(workFailure(error)));
  let begun: ReadonlyMap<string, number> = new Map();
  return {
    label: store.label,
    finished: async () => null,
    async begin(_build, how, stop) {
      await orFull(mkdir(folder.path, { recursive: true }));
      begun = await retried(options, stop, () => filesIn(store, stop));
      if (begun.has(RECEIPT_FILE) || (how === 'new' && begun.size > 0 && !isUnfinished(begun))) throw present(store);
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
      await orFull(writeFile(workPath(RECEIPT_FILE), receipt));
      await retried(options, stop, () => store.write(RECEIPT_FILE, workPath(RECEIPT_FILE), stop));
    },
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Whether all that is there are parts of a set, of a build that has begun and was replaced by this one. */
function isUnfinished(files: ReadonlyMap<string, number>): boolean {
  return [...files.keys()].every((name) => /^(?:(?:day|month|year)=[\d-]+\/)?part-\d{5}\.\w+(?:\.part)?$/.test(name));
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
    text`${safe(label)} already contains files, and a training set never overwrites anything: choose another location with --out, or remove them.`,
    { place: label },
  );
}
