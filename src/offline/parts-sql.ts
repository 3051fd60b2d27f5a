// The components of composite entities in Postgres (core/entity-id.ts), in expressions that columns can be generated from.

import { isComposite, partColumn, partNames } from '../definition/entity.ts';

type OfEntity = { readonly entity: string };

/** The column of a component, and SQL that takes it from an id. */
export type PartSql = { readonly column: string; readonly sql: string };

/** For each component of a composite entity; none for a plain one. A component is null if the id has other components. */
export function partsSql(view: OfEntity, entityId: string): PartSql[] {
  if (!isComposite(view)) return [];
  const names = partNames(view);
  return names.map((name, index) => ({ column: partColumn(name), sql: partSql(entityId, index, names.length) }));
}

// Written with chr, because the meaning of a backslash in a literal depends on a setting of the server. Ids have no control
// characters, so two of these stand for what is escaped.
const BACKSLASH = 'chr(92)';
const [ESCAPED_BACKSLASH, ESCAPED_BAR] = ['chr(1)', 'chr(2)'];

function partSql(entityId: string, index: number, count: number): string {
  const unescaped = `replace(${entityId}, ${BACKSLASH} || ${BACKSLASH}, ${ESCAPED_BACKSLASH})`;
  const plain = `replace(${unescaped}, ${BACKSLASH} || '|', ${ESCAPED_BAR})`;
  const bars = `replace(split_part(${plain}, '|', ${index + 1}), ${ESCAPED_BAR}, '|')`;
  const part = `replace(${bars}, ${ESCAPED_BACKSLASH}, ${BACKSLASH})`;
  const found = `length(${plain}) - length(replace(${plain}, '|', ''))`;
  // A backslash that is left escapes nothing.
  return `case when ${found} = ${count - 1} and strpos(${plain}, ${BACKSLASH}) = 0 then ${part} end`;
}

/** The id of components, as SQL: strings that are not null. */
export function joinedSql(parts: readonly string[]): string {
  const escaped = parts.map(
    (part) => `replace(replace(${part}, ${BACKSLASH}, ${BACKSLASH} || ${BACKSLASH}), '|', ${BACKSLASH} || '|')`,
  );
  return escaped.join(` || '|' || `);
}
