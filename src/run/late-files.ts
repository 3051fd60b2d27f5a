// Files that come after their interval was covered without them: the interval is read again.

import { messageOf } from '../core/failure.ts';
import { formatInterval } from '../core/interval.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../postgres/database.ts';
import type { Source } from '../sources/source.ts';
import { markLate, type SpanWithoutFiles, spansWithoutFiles } from '../state/late-files.ts';

export type LateFilesOptions = {
  readonly database: Database;
  readonly sourceOf: (name: string) => Source;
  readonly log: Log;
};

/** Looks up the files that were missing, and makes stale what can be read now. Repeating it changes nothing. */
export async function lookForLateFiles(options: LateFilesOptions, signal: AbortSignal): Promise<void> {
  for (const missing of await spansWithoutFiles(options.database)) {
    signal.throwIfAborted();
    try {
      if (!(await hasAppeared(options, missing, signal))) continue;
      await markLate(options.database, missing);
      options.log.info('file.late', { view: missing.view.name, span: formatInterval(missing.span) });
    } catch (error) {
      signal.throwIfAborted();
      // A source that is away is asked again the next time; it does not keep the others from being asked.
      options.log.warn('files.unseen', { view: missing.view.name, why: messageOf(error) });
    }
  }
}

async function hasAppeared(
  { sourceOf }: LateFilesOptions,
  { view, span }: SpanWithoutFiles,
  signal: AbortSignal,
): Promise<boolean> {
  const without = await sourceOf(view.source).unitsWithoutFiles?.({ view, span }, signal);
  return without?.length === 0;
}
