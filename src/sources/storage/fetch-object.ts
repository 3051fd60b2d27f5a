// Fetches one object to a file. An interrupted transfer is resumed, but only for the same version of the object. A stalled
// transfer is stopped. The result is compared with the object's checksum.

import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { type Digest, digestOf } from './digest.ts';
import type { ListedFile } from './file-location.ts';
import type { ObjectBody, ObjectStore } from './object-store.ts';
import { spoolFailure } from './spool.ts';
import { storeFailure, withRetries } from './store-retries.ts';

export type FetchOptions = {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** How long a transfer may receive nothing. */
  readonly idleTimeoutMs: number;
};

/** An interrupted transfer, which is resumed or restarted. */
class BrokenTransfer extends Error {
  override readonly name = 'BrokenTransfer';
}

/** The received bytes differ from the stored ones. `message` is the end of a sentence about the file. */
class WrongBytes extends BrokenTransfer {}

const WRONG_CHECKSUM = 'does not match its checksum';

/**
 * Writes the complete listed object to `path`.
 *
 * @throws Failure FILE_CHANGED if it was replaced or removed, FILE_BROKEN if it never matches its checksum,
 * SOURCE_UNAVAILABLE, SOURCE_DENIED; the signal's reason.
 */
export async function fetchObject(
  options: FetchOptions,
  file: ListedFile,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock } = options;
  const folder = dirname(path);
  const handle = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw spoolFailure(folder, error);
  });
  try {
    let progress = emptyProgress();
    await withRetries({
      clock,
      signal,
      attempt: async () => {
        // Without a checksum of all bytes, the transfer is restarted.
        if (!progress.isResumable) progress = emptyProgress();
        await transfer(options, { file, handle, folder }, progress, signal);
      },
      progressOf: () => progress.bytes,
      failureOf: (error, tries) => {
        if (error instanceof WrongBytes) return tries < WRONG_BYTES_TRIES ? null : brokenFile(store, file, error);
        return error instanceof BrokenTransfer ? null : storeFailure(store, error, file, tries);
      },
      waitMsOf: (error) => (error instanceof BrokenTransfer ? undefined : store.troubleOf(error).waitMs),
      exhausted: (error) => unavailable(store, file, error),
    });
  } finally {
    await handle.close();
  }
}

const WRONG_BYTES_TRIES = 3;

type Progress = { bytes: number; digest: Digest | null; isResumable: boolean };

function emptyProgress(): Progress {
  return { bytes: 0, digest: null, isResumable: true };
}

type Target = { readonly file: ListedFile; readonly handle: FileHandle; readonly folder: string };

async function transfer(options: FetchOptions, target: Target, progress: Progress, signal: AbortSignal): Promise<void> {
  const { file } = target;
  using watchdog = idleWatchdog(options, signal);
  const body = await options.store.read(file, progress.bytes, watchdog.signal);
  if (progress.bytes === 0) begin(progress, body);
  watchdog.guard(body);
  try {
    for await (const chunk of body.chunks) {
      watchdog.heard();
      if (progress.bytes + chunk.length > file.bytes)
        throw new WrongBytes(`has more than the ${file.bytes} bytes listed`);
      await write(target, chunk, progress.bytes);
      progress.bytes += chunk.length;
      progress.digest?.update(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const isWrong = error instanceof WrongBytes || options.store.troubleOf(error).kind === 'wrong';
    if (!isWrong) throw error;
    progress.isResumable = false;
    throw error instanceof WrongBytes ? error : new WrongBytes(WRONG_CHECKSUM);
  } finally {
    body.chunks.destroy();
  }
  if (progress.bytes < file.bytes)
    throw new BrokenTransfer(`the transfer ended after ${progress.bytes} of ${file.bytes} bytes`);
  if (progress.digest?.fits() === false) {
    progress.isResumable = false;
    throw new WrongBytes(WRONG_CHECKSUM);
  }
}

function begin(progress: Progress, { checksum, checked }: ObjectBody): void {
  progress.digest = checksum === null ? null : digestOf(checksum);
  progress.isResumable = progress.digest !== null || checked === 'nothing';
}

async function write({ handle, folder }: Target, chunk: Uint8Array, position: number): Promise<void> {
  try {
    for (let done = 0; done < chunk.length; ) {
      done += (await handle.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
    }
  } catch (error) {
    throw spoolFailure(folder, error);
  }
}

/** Stops a transfer when nothing arrives for too long, or when the signal is aborted. */
function idleWatchdog({ clock, idleTimeoutMs }: FetchOptions, outer: AbortSignal) {
  const silence = new AbortController();
  const signal = AbortSignal.any([outer, silence.signal]);
  let body: ObjectBody | null = null;
  const silent = () =>
    new BrokenTransfer(`nothing arrived for ${formatDuration(idleTimeoutMs)} (idle_timeout of the source)`);
  const stop = () => body?.chunks.destroy(silent());
  signal.addEventListener('abort', stop);
  const arm = () => clock.after(idleTimeoutMs, () => silence.abort(silent()));
  let timer = arm();
  return {
    signal,
    guard(guarded: ObjectBody) {
      body = guarded;
      if (signal.aborted) stop();
    },
    heard() {
      timer[Symbol.dispose]();
      timer = arm();
    },
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', stop);
    },
  };
}

function brokenFile({ label }: ObjectStore, { name }: ListedFile, { message }: WrongBytes): Failure {
  return new Failure(
    'FILE_BROKEN',
    text`${safe(name)} in ${safe(label)} ${safe(message)} after several attempts; upload the file again.`,
    { file: name },
  );
}

function unavailable({ label, troubleOf }: ObjectStore, { name }: ListedFile, error: unknown): Failure {
  const why = error instanceof BrokenTransfer ? error.message : troubleOf(error).what;
  return new Failure('SOURCE_UNAVAILABLE', text`${safe(name)} in ${safe(label)} could not be fetched: ${why}.`, {
    file: name,
  });
}
