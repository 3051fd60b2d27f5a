// Watches the definition files for changes.

import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';

/** Editors write a file in several steps, and several files may be saved together. */
const QUIET_MS = 300;
const TOP_FILES = ['millrace.yaml', '.env'];

/** Resolves shortly after a definition file below the folder changes, or when the signal is aborted. */
export async function definitionsChanged(folder: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const isDefinition = (name: string | null) => name?.endsWith('.yaml') === true;
  try {
    await Promise.race([
      firstChange(folder, { signal: until }, (name) => name !== null && TOP_FILES.includes(name)),
      firstChange(join(folder, 'features'), { signal: until, recursive: true }, isDefinition),
      firstChange(join(folder, 'tests'), { signal: until, recursive: true }, isDefinition),
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
  isWatched: (name: string | null) => boolean,
): Promise<void> {
  try {
    for await (const { filename } of watch(folder, options)) if (isWatched(filename)) return;
  } catch {
    // The folder does not exist, or the system is out of watches: leave it to the other watches.
    if (!options.signal.aborted) await new Promise((resolve) => options.signal.addEventListener('abort', resolve));
  }
}
