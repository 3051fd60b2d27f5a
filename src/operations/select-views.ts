// Selecting the views of an operation by name, tag or source, or all of them.

import { Failure } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';
import { sourceNames } from '../definition/view.ts';
import { didYouMean } from '../definition/yaml/nearest.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { type AppliedView, appliedViews } from '../state/views/views.ts';
import { requireViews } from './views.ts';

export type ViewSelection = {
  /** Names of views, and `tag:NAME` for all views with that tag. */
  readonly views: readonly string[];
  /** Only views that read this source, or of which a table does; null for any. */
  readonly source: string | null;
  /** Every view that is not retired. */
  readonly all: boolean;
};

/** A selection as a request has it: only names, unless it says more. */
export type Selected = Pick<ViewSelection, 'views'> & Partial<ViewSelection>;

export function selectionOf({ views, source = null, all = false }: Selected): ViewSelection {
  return { views, source, all };
}

/** The request of an operation for its audit row: names alone, or the whole selection. */
export function requestOf(selection: ViewSelection): { readonly views: readonly string[] } {
  return isOfNames(selection) ? { views: selection.views } : { ...selection };
}

const TAG = /^tag:(.*)$/;

/** Whether the selection consists only of names. */
export function isOfNames({ views, source, all }: ViewSelection): boolean {
  return source === null && !all && views.length > 0 && !views.some((target) => TAG.test(target));
}

/**
 * The views of a selection, in the order of its targets; the views of a tag are sorted by name. Tags, sources and `all` leave
 * out retired views.
 *
 * @throws Failure NOT_FOUND for a name, tag or source that no view has; ARGUMENT_INVALID if nothing is selected
 */
export async function selectViews(where: Database | Session, selection: ViewSelection): Promise<AppliedView[]> {
  const { views: targets, source, all } = selection;
  if (targets.length === 0 && source === null && !all) {
    throw new Failure('ARGUMENT_INVALID', text`Specify view names, a tag (tag:NAME), --source SOURCE or --all.`);
  }
  const present = (await appliedViews(where)).filter(({ retired }) => !retired);
  const sources = [...new Set(present.flatMap(({ view }) => sourceNames(view)))];
  if (source !== null && !sources.includes(source)) throw unknown('source', source, sources);
  const tags = [...new Set(present.flatMap(({ view }) => view.tags))];
  const chosen = targets.length === 0 ? present : await Promise.all(targets.map((target) => ofTarget(target)));
  const bySource = chosen.flat().filter(({ view }) => source === null || sourceNames(view).includes(source));
  return [...new Map(bySource.map((one) => [one.id, one])).values()];

  async function ofTarget(target: string): Promise<AppliedView[]> {
    const tag = TAG.exec(target)?.[1];
    if (tag === undefined) return requireViews(where, [target]);
    if (!tags.includes(tag)) throw unknown('tag', tag, tags);
    return present.filter(({ view }) => view.tags.includes(tag));
  }
}

function unknown(what: 'tag' | 'source', name: string, known: readonly string[]): Failure {
  const hint =
    didYouMean(name, known) ||
    (known.length === 0 ? `; no deployed view has a ${what}.` : `; expected one of ${known.join(', ')}.`);
  return new Failure('NOT_FOUND', text`No deployed view has the ${safe(what)} "${value(name)}"${safe(hint)}`, {});
}
