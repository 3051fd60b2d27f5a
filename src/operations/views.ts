// Finding the views that an operation names.

import { Failure } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';
import { nearestWord } from '../definition/yaml/nearest.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { type AppliedView, appliedViews } from '../state/views/views.ts';

const NAMED_MAX = 8;

/** The deployed views with these names, each once, in order. @throws Failure NOT_FOUND with the most similar name */
export async function requireViews(where: Database | Session, names: readonly string[]): Promise<AppliedView[]> {
  const views = await appliedViews(where);
  return [...new Set(names)].map((name) => {
    const found = views.find(({ view }) => view.name === name);
    if (found !== undefined) return found;
    const known = views.map(({ view }) => view.name);
    throw unknownView(name, known, 'the deployed definitions');
  });
}

/** The deployed view with this name. @throws as requireViews */
export async function requireView(where: Database | Session, name: string): Promise<AppliedView> {
  const [found] = await requireViews(where, [name]);
  if (found === undefined) throw new Error('a required view was not returned');
  return found;
}

/** @throws Failure ARGUMENT_INVALID if the view is retired */
export function requirePresent({ view: { name }, retired }: AppliedView): void {
  if (!retired) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(name)} is retired because its definition was removed: restore its definition first.`,
    { view: name },
  );
}

/** These views, each incremental one after its parts, which may be among them. */
export async function withPartsOf(where: Database | Session, views: readonly AppliedView[]): Promise<AppliedView[]> {
  const parents = new Set(views.flatMap(({ view }) => (view.incremental === true ? [view.name] : [])));
  if (parents.size === 0) return [...views];
  const parts = (await appliedViews(where)).filter(
    ({ view, retired }) => view.partsOf !== undefined && parents.has(view.partsOf) && !retired,
  );
  const all = views.flatMap((one) => [...parts.filter(({ view }) => view.partsOf === one.view.name), one]);
  return [...new Map(all.map((one) => [one.id, one])).values()];
}

/** The failure for a name that no view has. */
export function unknownView(name: string, known: readonly string[], where: string): Failure {
  const nearest = nearestWord(name, known);
  const list = known.length === 0 ? 'there are no views' : `the views are ${known.slice(0, NAMED_MAX).join(', ')}`;
  const hint =
    nearest === null ? `; ${list}${known.length > NAMED_MAX ? ', …' : ''}.` : `; did you mean \`${nearest}\`?`;
  return new Failure('NOT_FOUND', text`There is no view "${value(name)}" in ${safe(where)}${safe(hint)}`, {
    view: name,
  });
}
