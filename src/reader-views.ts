// The definitions of views that a reader keeps in memory, so that online reads do not wait for Postgres.

import type { Clock } from './core/clock.ts';
import { Failure } from './core/failure.ts';
import { within } from './core/within.ts';
import type { FeatureView } from './definition/view.ts';

/** An older definition is looked up again while it is used. */
const FRESH_MS = 60_000;
/** An older definition is looked up again before it is used: no read has used it for a while. */
const UNUSED_MS = 300_000;
/** A view whose rows do not match its definition is looked up again at most this often, and waited for this long. */
const DOUBTED_MS = 1_000;

type LoadView = (name: string) => Promise<FeatureView>;

export type KeptViews = {
  /**
   * The view of a name. Only the first use waits, and one after a long pause; concurrent calls share one look-up. While a view
   * cannot be looked up, its last definition is used. @throws as `load`
   */
  readonly viewOf: LoadView;
  /**
   * The view of a name as `viewOf`, but looked up again, at most once a second: a row does not match its definition. While Postgres
   * hangs, waits for a second and not for its deadline: if another program has written the row, the read fails anyway.
   */
  readonly doubtedViewOf: LoadView;
  /** Looks these views up again before their next use, because they have changed. */
  forget(names: readonly string[]): void;
};

export function keptViews(load: LoadView, clock: Clock): KeptViews {
  const kept = new Map<string, { readonly view: FeatureView; readonly readMs: number }>();
  const loading = new Map<string, Promise<FeatureView>>();
  /** When a view was doubted last. */
  const doubted = new Map<string, number>();

  async function reload(name: string): Promise<FeatureView> {
    try {
      const view = await load(name);
      kept.set(name, { view, readMs: clock.monotonicMs() });
      return view;
    } catch (error) {
      const before = kept.get(name);
      if (before === undefined || !(error instanceof Failure) || error.code === 'NOT_FOUND') {
        kept.delete(name);
        throw error;
      }
      kept.set(name, { view: before.view, readMs: clock.monotonicMs() });
      return before.view;
    }
  }

  function shared(name: string): Promise<FeatureView> {
    const before = loading.get(name);
    if (before !== undefined) return before;
    const current = reload(name).finally(() => {
      if (loading.get(name) === current) loading.delete(name);
    });
    loading.set(name, current);
    return current;
  }

  return {
    async viewOf(name) {
      const before = kept.get(name);
      const ageMs = clock.monotonicMs() - (before?.readMs ?? 0);
      if (before === undefined || ageMs >= UNUSED_MS) return shared(name);
      // The next use reports an error.
      if (ageMs >= FRESH_MS) shared(name).catch(() => undefined);
      return before.view;
    },
    async doubtedViewOf(name) {
      const now = clock.monotonicMs();
      const isNew = now - (doubted.get(name) ?? Number.NEGATIVE_INFINITY) < DOUBTED_MS;
      const before = kept.get(name);
      if (before !== undefined && isNew && !loading.has(name)) return before.view;
      doubted.set(name, now);
      const newest = shared(name);
      return before === undefined ? newest : within({ clock, limitMs: DOUBTED_MS }, newest, () => before.view);
    },
    forget(names) {
      for (const name of names) {
        kept.delete(name);
        // It may have begun before the change.
        loading.delete(name);
      }
    },
  };
}
