// Where labels have the entities of views: a column, or one for each component of a composite entity.

import { joinParts } from '../../core/entity-id.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import { ENTITY_ID, type EntityKey, expectedKey, idOfKey, isComposite, keyColumns } from '../../definition/entity.ts';
import { joinedSql } from '../../offline/parts-sql.ts';
import type { SetView } from '../set-views.ts';

/** How a column of labels is used: for whole ids, perhaps also for components, or for components only. */
export type KeyRole = 'entity' | 'part';

/** The columns with the entity of a view, among those that labels have. */
export function keyOfView({ key, known: { view } }: SetView, found: readonly string[]): readonly string[] {
  if (key.entityColumns !== undefined) return key.entityColumns;
  if (!isComposite(view) || key.entityColumn !== ENTITY_ID) return [key.entityColumn];
  const parts = keyColumns(view);
  const isJoined = found.includes(ENTITY_ID) && !parts.every((name) => found.includes(name));
  return isJoined ? [ENTITY_ID] : parts;
}

/** Column → how it is used, `entity_id` first. */
export function keyRoles(views: readonly SetView[], found: readonly string[]): ReadonlyMap<string, KeyRole> {
  const keys = views.map((view) => keyOfView(view, found));
  const ids = keys.flatMap((columns) => (columns.length === 1 ? columns : []));
  const whole = found.includes(ENTITY_ID) ? [ENTITY_ID, ...ids] : ids;
  const first = whole.includes(ENTITY_ID) ? [ENTITY_ID] : [];
  const all = new Set([...first, ...whole, ...keys.flat()]);
  return new Map([...all].map((column) => [column, whole.includes(column) ? 'entity' : 'part']));
}

/** The composite entities of views that have their joined ids in this column. */
export function joinedIn(column: string, views: readonly SetView[], found: readonly string[]): readonly string[] {
  const joined = views.filter((view) => {
    const [only, ...others] = keyOfView(view, found);
    return isComposite(view.known.view) && only === column && others.length === 0;
  });
  return [...new Set(joined.map(({ known }) => known.view.entity))];
}

/** SQL: the id of a view's entity in staged labels. `place` gives a column by its name. */
export function entitySql(view: SetView, found: readonly string[], place: (name: string) => string): string {
  const columns = keyOfView(view, found).map(place);
  return columns.length === 1 ? (columns[0] ?? '') : joinedSql(columns);
}

type Placed = { readonly name: string; readonly role: KeyRole | 'timestamp' | 'value' };

/** The places of the columns with entities and their components in staged labels, such as `c0`; that of `entity_id` first. */
export function entitiesOf(columns: readonly Placed[]): string[] {
  const found = columns.flatMap(({ name, role }, index) =>
    role === 'entity' || role === 'part' ? [{ name, column: `c${index}` }] : [],
  );
  const isFirst = (name: string) => Number(name === ENTITY_ID);
  return found.toSorted((a, b) => isFirst(b.name) - isFirst(a.name)).map(({ column }) => column);
}

/** The id of a view's entity in a label. @throws Failure ARGUMENT_INVALID for components that the entity does not have. */
export function entityIn(view: SetView, keys: Readonly<Record<string, EntityKey>>): string {
  const columns = keyOfView(view, Object.keys(keys));
  const [first = ''] = columns;
  if (columns.length > 1) return joinParts(columns.map((name) => String(keys[name] ?? '')));
  const key = keys[first] ?? '';
  const id = idOfKey(view.known.view, key);
  if (id !== null) return id;
  const expected = expectedKey(view.known.view);
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${safe(first)} of a label is ${value(JSON.stringify(key))}; expected ${safe(expected)}, the entity of ${safe(view.known.view.name)}.`,
    { view: view.known.view.name },
  );
}
