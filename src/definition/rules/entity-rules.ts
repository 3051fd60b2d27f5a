// Rules of a view's entity: the names of its components, and what else has their columns.

import { expandedFeatures } from '../declared/parse-declared.ts';
import { ENTITY_ID, entityOf, entityText, isComposite, keyColumns, PARTS_MAX, partColumn } from '../entity.ts';
import { formatKeyPath, type KeyPath } from '../yaml/problem.ts';
import { atValue, type Finding, type ViewDraft } from './finding.ts';

/** Columns of offline tables that a component would take. */
const RESERVED = [ENTITY_ID, 'run_id'];

export function entityFindings(draft: ViewDraft): Finding[] {
  const { entity } = draft.sound;
  if (entity === undefined) return [];
  return [...(typeof entity === 'string' ? [] : partFindings(entity)), ...featureNames(draft), ...keyLengths(draft)];
}

/** The columns that identify an entity of the view. */
export function keyColumnsOf({ sound }: ViewDraft): readonly string[] {
  return keyColumns({ entity: entityOf(sound.entity ?? '') });
}

/** The key columns that a map of columns is about: `entity_id` if it has that. */
export function writtenKey(draft: ViewDraft, written: readonly string[]): readonly string[] {
  return written.includes(ENTITY_ID) ? [ENTITY_ID] : keyColumnsOf(draft);
}

function partFindings(parts: readonly string[]): Finding[] {
  const [only] = parts;
  if (parts.length === 1) {
    const expected = `a list has 2 to ${PARTS_MAX} components; for one, write \`entity: ${only}\``;
    return [atValue(['entity'], `\`entity\`: ${expected}`)];
  }
  return parts.flatMap((part, index) => {
    const say = (sentence: string) => [atValue(['entity', index], `\`entity[${index}]\`: ${sentence}`)];
    if (parts.indexOf(part) !== index) return say(`duplicate '${part}'`);
    const column = partColumn(part);
    return RESERVED.includes(column)
      ? say(`'${part}' would use the reserved column ${column}; choose another name`)
      : [];
  });
}

/** A feature cannot have the column of a component. */
function featureNames(draft: ViewDraft): Finding[] {
  const { entity, features, name } = draft.sound;
  if (entity === undefined || typeof entity === 'string') return [];
  const parts = new Map(entity.map((part) => [partColumn(part), part]));
  const named =
    features === undefined
      ? [{ path: ['name'], name: name ?? '' }]
      : expandedFeatures(features).map(({ feature, index }) => ({
          path: ['features', index, 'name'],
          name: feature.name,
        }));
  return named.flatMap(({ path, name: feature }) => {
    const part = parts.get(feature);
    if (part === undefined) return [];
    return [
      atValue(
        path,
        `\`${formatKeyPath(path)}\`: '${feature}' is the column of the component '${part}' of the entity; choose another name`,
      ),
    ];
  });
}

/** Declared keys have one column for each component. */
function keyLengths(draft: ViewDraft): Finding[] {
  const { entity, from, features = [] } = draft.sound;
  const view = { entity: entityOf(entity ?? '') };
  const expected = keyColumns(view).length;
  const check = (path: KeyPath, columns: string | readonly string[] | undefined): Finding[] => {
    const found = columns === undefined || typeof columns === 'string' ? 1 : columns.length;
    if (columns === undefined || found === expected) return [];
    const key = `\`${formatKeyPath(path)}\``;
    if (isComposite(view)) {
      return [
        atValue(
          path,
          `${key}: expected a list with one column for each component of the entity (${entityText(view)}), found ${found}`,
        ),
      ];
    }
    return [atValue(path, `${key}: expected one column, because \`entity\` is not a list; found ${found}`)];
  };
  return [
    ...(typeof from === 'object' ? check(['from', 'entity_id'], from.entity_id) : []),
    ...features.flatMap(({ entity_id: columns }, index) => check(['features', index, 'entity_id'], columns)),
  ];
}
