// Entities as arguments of commands: ids, or the components of composite entities as NAME=VALUE.

import { Failure } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';
import { entityIdOf, idOfKey, isComposite, partNames } from '../definition/entity.ts';
import type { FeatureView } from '../definition/view.ts';

/** `17850`, or `customer=17 product=3` in any order: each repeated component begins another entity. @throws Failure ARGUMENT_INVALID */
export function entityIdsOf(view: FeatureView, written: readonly string[]): string[] {
  if (!isComposite(view)) return [...written];
  const ids: string[] = [];
  let parts = new Map<string, string>();
  for (const argument of written) {
    const part = partIn(view, argument);
    if (part === null) {
      if (parts.size > 0) throw incomplete(view, parts);
      ids.push(requireJoined(view, argument));
      continue;
    }
    if (parts.has(part.name)) throw incomplete(view, parts);
    parts.set(part.name, part.text);
    if (parts.size < partNames(view).length) continue;
    ids.push(entityIdOf(view, Object.fromEntries(parts)));
    parts = new Map();
  }
  if (parts.size > 0) throw incomplete(view, parts);
  return ids;
}

function partIn(view: FeatureView, argument: string): { readonly name: string; readonly text: string } | null {
  const name = partNames(view).find((one) => argument.startsWith(`${one}=`));
  return name === undefined ? null : { name, text: argument.slice(name.length + 1) };
}

function requireJoined(view: FeatureView, argument: string): string {
  const id = idOfKey(view, argument);
  if (id !== null) return id;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${value(JSON.stringify(argument))} is not an entity of ${safe(view.name)}: expected ${safe(exampleOf(view))}.`,
    { view: view.name },
  );
}

function incomplete(view: FeatureView, parts: ReadonlyMap<string, string>): Failure {
  const missing = partNames(view).filter((name) => !parts.has(name));
  const what = missing.length === 0 ? 'A component is repeated' : `Missing ${missing.join(', ')}`;
  return new Failure(
    'ARGUMENT_INVALID',
    text`${safe(what)}: an entity of ${safe(view.name)} must be written as ${safe(exampleOf(view))}.`,
    { view: view.name },
  );
}

function exampleOf(view: FeatureView): string {
  return partNames(view)
    .map((name) => `${name}=…`)
    .join(' ');
}
