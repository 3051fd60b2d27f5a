// Probing unavailable sources: when one responds, the intervals that wait only for it are planned again.

import type { Clock } from '../core/clock.ts';
import { Failure, wordsOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import { loggedText } from '../core/logged.ts';
import { safe, text } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import type { Source } from '../sources/source.ts';
import { recordProbe, sourcesToProbe, takeProbe } from '../state/outages/probes.ts';
import { releaseView, viewsToRelease } from '../state/outages/release.ts';

export type ProbeOptions = {
  readonly database: Database;
  readonly sourceOf: (name: string) => Source;
  readonly clock: Clock;
  readonly log: Log;
};

/** Well above the time in which a source that works responds. */
const PROBE_MS = 30_000;

/**
 * Probes the sources that are due, and returns the runs of the released intervals. Several processes may do this: each
 * probe is taken by one of them. Rejects only without Postgres.
 */
export async function probeSources(options: ProbeOptions, signal: AbortSignal): Promise<number[]> {
  const runs: number[] = [];
  for (const name of await sourcesToProbe(options.database)) {
    signal.throwIfAborted();
    runs.push(...(await probeSource(options, name, signal)));
  }
  return runs;
}

async function probeSource(options: ProbeOptions, name: string, signal: AbortSignal): Promise<number[]> {
  const { database, log } = options;
  const source = knownSource(options, name);
  if (source === null || !(await takeProbe(database, name))) return [];
  const failure = await failureOfProbe(options, { name, source }, signal);
  signal.throwIfAborted();
  await recordProbe(database, name, failure);
  log.info('source.probed', { source: name, code: failure?.code ?? null });
  return failure === null ? release(options, name, signal) : [];
}

/** Null if this process cannot open the source: another worker may have a valid URL. */
function knownSource({ sourceOf }: ProbeOptions, name: string): Source | null {
  try {
    return sourceOf(name);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Null if the source responds. */
async function failureOfProbe(
  { clock }: ProbeOptions,
  { name, source }: { readonly name: string; readonly source: Source },
  signal: AbortSignal,
): Promise<Failure | null> {
  const late = new AbortController();
  using _limit = clock.after(PROBE_MS, () => late.abort(silence(name)));
  try {
    await source.probe(AbortSignal.any([signal, late.signal]));
    return null;
  } catch (error) {
    return error instanceof Failure ? error : unexpected(name, error);
  }
}

function silence(name: string): Failure {
  return new Failure('SOURCE_UNAVAILABLE', text`Source ${safe(name)} did not respond within ${PROBE_MS / 1_000} s.`, {
    source: name,
  });
}

function unexpected(name: string, error: unknown): Failure {
  const sentence = text`Source ${safe(name)} could not be probed: ${wordsOf(error)}.`;
  return new Failure('SOURCE_UNAVAILABLE', sentence, { source: name }, error);
}

/** One view at a time: a view that cannot be released now does not block the others and waits for the next probe. */
async function release({ database, log }: ProbeOptions, source: string, signal: AbortSignal): Promise<number[]> {
  const released: number[] = [];
  for (const view of await viewsToRelease(database, source)) {
    signal.throwIfAborted();
    try {
      const { runs } = await releaseView(database, view, source);
      released.push(...runs);
      log.info('view.released', { view: view.view.name, source, runs: runs.length });
    } catch (error) {
      const code = error instanceof Failure ? error.code : 'BUG';
      log.error('view.unreleased', { view: view.view.name, source, code, message: loggedText(error) });
    }
  }
  return released;
}
