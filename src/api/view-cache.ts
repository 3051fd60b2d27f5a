// The deployed views, cached so that a read needs no Postgres.

import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { type EpochMs, epochMsOf } from '../core/instant.ts';
import type { Log } from '../core/log.ts';
import { settlesWithin } from '../core/within.ts';
import type { FeatureView } from '../definition/view.ts';
import { unknownView } from '../operations/views.ts';
import type { Database } from '../postgres/database.ts';
import { type AppliedView, appliedViews } from '../state/views/views.ts';
import { openReloaded } from './reloaded.ts';

/** Who asks for a view by its name: a message suggests only names of views that they may use. */
export type ViewUser = { mayUse(view: Pick<FeatureView, 'name' | 'tags'>): boolean };

/** The views that reads use: those that are deployed, or, if Postgres never responded, those of the definition files. */
export type ViewCache = {
  /** All views that are not retired, by name. May be a few seconds old. @throws Failure OFFLINE_UNAVAILABLE */
  all(): Promise<ReadonlyMap<string, FeatureView>>;
  /** A view. @throws Failure NOT_FOUND with the most similar name that the caller may use */
  require(name: string, caller: ViewUser): Promise<FeatureView>;
  /** The deployed views with their states, by name. @throws Failure OFFLINE_UNAVAILABLE if they are not cached */
  applied(): Promise<ReadonlyMap<string, AppliedView>>;
  /** The deployed view with its state. @throws Failure NOT_FOUND as `require`, or OFFLINE_UNAVAILABLE if it is not cached */
  requireApplied(name: string, caller: ViewUser): Promise<AppliedView>;
  /** The time of the state database, which decides whether a row is in the future. Of this machine, before Postgres has responded. */
  now(): EpochMs;
  /** Reads the views again before the next use, because one has changed. */
  forget(): void;
  /**
   * Reads the views now, because a row does not match its view; at most once a second, since another program may have written it.
   * Resolves when they have been read, or after a second. Other uses do not wait.
   */
  doubt(): Promise<void>;
};

const DOUBTED_MS = 1_000;

type Cached = {
  readonly views: ReadonlyMap<string, FeatureView>;
  readonly applied: ReadonlyMap<string, AppliedView>;
  /** The time of the state database when the monotonic clock was at `readAtMs`. */
  readonly databaseMs: number;
  readonly readAtMs: number;
};

export type ViewCacheOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** The views of the definition files, for a start without Postgres. */
  readonly defined: readonly FeatureView[];
};

export function openViewCache({ database, clock, log, defined }: ViewCacheOptions): ViewCache {
  const current = openReloaded(() => readViews(database, clock), { clock, log });
  let doubted = { atMs: Number.NEGATIVE_INFINITY, read: Promise.resolve<unknown>(null) };
  const all = async () => {
    try {
      return (await current.get('brief')).views;
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'OFFLINE_UNAVAILABLE' || defined.length === 0) throw thrown;
      return new Map(defined.map((view) => [view.name, view]));
    }
  };
  /** What needs the deployed views also needs Postgres, so an earlier failure does not count. */
  const deployed = () => (current.last() === null ? current.read() : current.get('full'));
  return {
    all,
    require: async (name, caller) => {
      const views = await all();
      return views.get(name) ?? missing(name, views, caller);
    },
    applied: async () => (await deployed()).applied,
    requireApplied: async (name, caller) => {
      const { applied, views } = await deployed();
      return applied.get(name) ?? missing(name, views, caller);
    },
    now: () => {
      const last = current.last();
      return last === null ? clock.now() : epochMsOf(last.databaseMs + Math.round(clock.monotonicMs() - last.readAtMs));
    },
    forget: current.outdate,
    doubt: async () => {
      const now = clock.monotonicMs();
      // Not `outdate`, which lets each use wait: while Postgres hangs, one damaged key would delay the reads of all views.
      if (now - doubted.atMs >= DOUBTED_MS) doubted = { atMs: now, read: current.read() };
      await settlesWithin({ clock, limitMs: DOUBTED_MS }, doubted.read);
    },
  };
}

async function readViews(database: Database, clock: Clock): Promise<Cached> {
  const [time] = await database.query<{ ms: number }>(
    'select (extract(epoch from millrace.now()) * 1000)::bigint as ms',
  );
  const readAtMs = clock.monotonicMs();
  const present = (await appliedViews(database)).filter(({ retired, view }) => !retired && view.partsOf === undefined);
  return {
    views: new Map(present.map(({ view }) => [view.name, view])),
    applied: new Map(present.map((applied) => [applied.view.name, applied])),
    databaseMs: time?.ms ?? clock.now(),
    readAtMs,
  };
}

function missing(name: string, views: ReadonlyMap<string, FeatureView>, { mayUse }: ViewUser): never {
  const known = [...views.values()].filter(mayUse).map((view) => view.name);
  throw unknownView(name, known, 'the deployed definitions');
}
