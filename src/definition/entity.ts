// The entity of a view: one name, or the names of its components joined by `|`, which no name contains.

import { joinParts, splitParts } from '../core/entity-id.ts';

type OfEntity = { readonly entity: string };

/** The column of queries and files with a plain entity, or with the joined components of a composite one. */
export const ENTITY_ID = 'entity_id';

/** The most components that an entity may have. */
export const PARTS_MAX = 5;

/** The entity of a definition as views store it. */
export function entityOf(written: string | readonly string[]): string {
  return typeof written === 'string' ? written : written.join('|');
}

/** The names of the components: `customer` and `product`. A plain entity is its only component. */
export function partNames({ entity }: OfEntity): readonly string[] {
  return entity.split('|');
}

export function isComposite({ entity }: OfEntity): boolean {
  return entity.includes('|');
}

/** The column of a component: `customer_id`. */
export function partColumn(part: string): string {
  return `${part}_id`;
}

/** The columns that identify an entity: `entity_id`, or one for each component. */
export function keyColumns(view: OfEntity): readonly string[] {
  return isComposite(view) ? partNames(view).map(partColumn) : [ENTITY_ID];
}

/** Key columns that a row may have: composite entities may be joined already. */
export function keyColumnSets(view: OfEntity): readonly (readonly string[])[] {
  return isComposite(view) ? [keyColumns(view), [ENTITY_ID]] : [[ENTITY_ID]];
}

/** Component name → its text, in order; null for a plain entity, and for an id that has other components. */
export function partsOf(view: OfEntity, entityId: string): Readonly<Record<string, string>> | null {
  const names = partNames(view);
  const parts = names.length === 1 ? null : splitParts(entityId, names.length);
  return parts === null ? null : Object.fromEntries(names.map((name, index) => [name, parts[index] ?? '']));
}

/** Column → its text: `entity_id`, or the components of a composite entity, which are empty if the id has other components. */
export function keyOf(view: OfEntity, entityId: string): Readonly<Record<string, string>> {
  if (!isComposite(view)) return { [ENTITY_ID]: entityId };
  const parts = partsOf(view, entityId);
  return Object.fromEntries(partNames(view).map((name) => [partColumn(name), parts?.[name] ?? '']));
}

/** The id of the components by name, which must be all components of the entity. */
export function entityIdOf(view: OfEntity, parts: Readonly<Record<string, string>>): string {
  return joinParts(partNames(view).map((name) => parts[name] ?? ''));
}

/** `customer`, or `customer and product`. */
export function entityText(view: OfEntity): string {
  return new Intl.ListFormat('en-GB').format(partNames(view));
}

/** `customer 17`, or `customer 17, product 3`. */
export function entityIdText(view: OfEntity, entityId: string): string {
  const parts = partsOf(view, entityId);
  return parts === null ? `${entityText(view)} ${entityId}` : partsText(parts);
}

/** `customer 17, product 3`. */
export function partsText(parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts)
    .map(([name, part]) => `${name} ${part === '' ? '""' : part}`)
    .join(', ');
}

/** An entity as users name it: its id, or its components by name. */
export type EntityKey = string | Readonly<Record<string, string>>;

/** The id of a key; null if the key does not name an entity of this kind. */
export function idOfKey(view: OfEntity, key: EntityKey): string | null {
  if (typeof key === 'string') return isComposite(view) && partsOf(view, key) === null ? null : key;
  const names = partNames(view);
  const isWhole = Object.keys(key).length === names.length && names.every((name) => Object.hasOwn(key, name));
  return isComposite(view) && isWhole ? entityIdOf(view, key) : null;
}

/** What a key may be, for messages. */
export function expectedKey(view: OfEntity): string {
  if (!isComposite(view)) return 'a string';
  const parts = partNames(view).map((name) => `${JSON.stringify(name)}: "…"`);
  return `its components as {${parts.join(', ')}}, or an entity_id of ${partNames(view).length} components joined by |`;
}

/** `{ parts }`, the components of the id of a composite entity, for answers in JSON; empty for a plain one. */
export function partsField(view: OfEntity, entityId: string): { readonly parts?: Readonly<Record<string, string>> } {
  const parts = partsOf(view, entityId);
  return parts === null ? {} : { parts };
}
