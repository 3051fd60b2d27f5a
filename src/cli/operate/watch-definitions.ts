// Notices that somebody saved a definition.

import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';

/** Editors write a file in several steps, and people save several files. */
const QUIET_MS = 300;
const TOP_FILES = ['millrace.yaml', '.env'];

/** Resolves a moment after a file of definitions below the folder has changed, or when the signal is aborted. */
export async function definitionsChanged(folder: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const isDefinition = (name: string | null) => name?.endsWith('.yaml') === true;
  try {
    await Promise.race([
      firstChange(folder, { signal: until }, (name) => name !== null && TOP_FILES.includes(name)),
      firstChange(join(folder, 'features'), { signal: until, recursive: true }, isDefinition),
      firstChange(join(folder, 'jobs'), { signal: until, recursive: true }, isDefinition),
    ]);
    await clock.sleep(QUIET_MS, signal);
  } finally {
    done.abort();
  }
}

async function firstChange(
  folder: string,
  options: { signal: AbortSignal; recursive?: boolean },
  isMeant: (name: string | null) => boolean,
): Promise<void> {
  try {
    for await (const { filename } of watch(folder, options)) if (isMeant(filename)) return;
  } catch {
    // The folder is not there, or the system has no watches left: whoever waits goes on waiting for the others.
    if (!options.signal.aborted) await new Promise((resolve) => options.signal.addEventListener('abort', resolve));
  }
}
