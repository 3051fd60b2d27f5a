// Entities in requests: an id, or the components of a composite entity by name.

import { type EntityKey, expectedKey, idOfKey } from '../../definition/entity.ts';
import { Problem } from '../problem.ts';

/** The id of a key in a request; `place` says where it is. @throws Problem REQUEST_INVALID */
export function requireId(view: { readonly entity: string }, key: EntityKey, place: string): string {
  const id = idOfKey(view, key);
  if (id !== null) return id;
  throw new Problem('REQUEST_INVALID', `${place} is ${JSON.stringify(key)}; expected ${expectedKey(view)}.`);
}
