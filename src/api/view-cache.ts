// The deployed views, cached so that a read needs no Postgres.

import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import type { FeatureView } from '../definition/view.ts';
import { unknownView } from '../operations/views.ts';
import type { Database } from '../postgres/database.ts';
import { type AppliedView, appliedViews } from '../state/views/views.ts';

/** The views that reads use: those that are deployed, or, if Postgres never responded, those of the definition files. */
export type ViewCache = {
  /** All views that are not retired, by name. May be a few seconds old. @throws Failure OFFLINE_UNAVAILABLE */
  all(): Promise<ReadonlyMap<string, FeatureView>>;
  /** A view. @throws Failure NOT_FOUND with the most similar name */
  require(name: string): Promise<FeatureView>;
  /** The deployed view with its state. @throws Failure NOT_FOUND, or OFFLINE_UNAVAILABLE if it is not cached */
  requireApplied(name: string): Promise<AppliedView>;
  /** Forgets what is cached, because a view has changed. */
  forget(): void;
};

const CACHED_MS = 5_000;

type Cached = {
  readonly views: ReadonlyMap<string, FeatureView>;
  readonly applied: ReadonlyMap<string, AppliedView>;
  at: number;
};

export type ViewCacheOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** The views of the definition files, for a start without Postgres. */
  readonly defined: readonly FeatureView[];
};

export function openViewCache({ database, clock, log, defined }: ViewCacheOptions): ViewCache {
  let cached: Cached | null = null;
  let reading: Promise<Cached> | null = null;
  const read = () => {
    reading ??= readViews(database, clock).finally(() => {
      reading = null;
    });
    return reading;
  };
  /** Old entries are served while they are read again, also as long as Postgres does not respond. */
  const current = async (): Promise<Cached> => {
    if (cached === null) cached = await read();
    else if (clock.monotonicMs() - cached.at > CACHED_MS) {
      cached.at = clock.monotonicMs();
      read().then(
        (fresh) => {
          cached = fresh;
        },
        (thrown: unknown) => log.warn('api.views_outdated', { code: codeOf(thrown) }),
      );
    }
    return cached;
  };
  const all = async () => {
    try {
      return (await current()).views;
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'OFFLINE_UNAVAILABLE' || defined.length === 0) throw thrown;
      return new Map(defined.map((view) => [view.name, view]));
    }
  };
  return {
    all,
    require: async (name) => {
      const views = await all();
      return views.get(name) ?? missing(name, [...views.keys()]);
    },
    requireApplied: async (name) => {
      const { applied, views } = await current();
      return applied.get(name) ?? missing(name, [...views.keys()]);
    },
    forget: () => {
      cached = null;
    },
  };
}

async function readViews(database: Database, clock: Clock): Promise<Cached> {
  const present = (await appliedViews(database)).filter(({ retired, view }) => !retired && view.partsOf === undefined);
  return {
    views: new Map(present.map(({ view }) => [view.name, view])),
    applied: new Map(present.map((applied) => [applied.view.name, applied])),
    at: clock.monotonicMs(),
  };
}

function missing(name: string, known: readonly string[]): never {
  throw unknownView(name, known, 'the deployed definitions');
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Failure ? thrown.code : 'BUG';
}
