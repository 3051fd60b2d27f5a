// Rules of a view's features.

import { entryOf } from '../../feature-types/index.ts';
import { limitedTypes } from '../../feature-types/spelling.ts';
import { isNullable } from '../declared/parse-declared.ts';
import type { FeatureFile } from '../files/view-file.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { writtenKey } from './entity-rules.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from './finding.ts';

/** Other columns of queries and offline tables, and the Postgres system columns. */
const RESERVED = [
  ...['entity_id', 'timestamp', 'tie_break', 'event_timestamp', 'run_id'],
  ...['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'],
];

export function featureFindings(draft: ViewDraft): Finding[] {
  const { features } = draft.sound;
  return [
    ...eitherTypeOrFeatures(draft),
    ...(features ?? []).flatMap((feature, index) => oneFeature(feature, index)),
    ...repeatedNames(features ?? []),
    ...columnFindings(draft),
  ];
}

/** The feature columns that the query or `columns` must provide; null if they are unknown. */
export function featureColumns({ sound, written }: ViewDraft): string[] | null {
  if (sound.features !== undefined) return sound.features.map((feature) => feature.name);
  return written.has('features') ? null : ['value'];
}

function eitherTypeOrFeatures(draft: ViewDraft): Finding[] {
  const { sound, written } = draft;
  if (written.has('features')) {
    if (written.has('from')) return [];
    return unusedKeys(
      draft,
      ['type', 'nullable'],
      'only for a view without `features`; set it for each feature instead',
    );
  }
  if (written.has('from')) return [];
  if (!written.has('type')) {
    return [atKey(['type'], '`type` is missing; expected `type` for a single value, or a list of `features`')];
  }
  if (sound.name === undefined || !RESERVED.includes(sound.name)) return [];
  return [
    atValue(
      ['name'],
      `\`name\`: '${sound.name}' is a reserved name, and the view's only feature would have the same name; rename the view or use \`features\``,
    ),
  ];
}

function oneFeature(feature: FeatureFile, index: number): Finding[] {
  const at = (key: string) => ['features', index, key];
  const say = (key: string, sentence: string) => atValue(at(key), `\`features[${index}].${key}\`: ${sentence}`);
  const found: Finding[] = [];
  if (RESERVED.includes(feature.name))
    found.push(say('name', `'${feature.name}' is a reserved name; choose another one`));
  if (feature.nulls_max !== undefined && !isNullable(feature)) found.push(say('nulls_max', 'needs `nullable: true`'));
  for (const key of ['min', 'max'] as const) {
    if (feature[key] === undefined || entryOf(feature.type).extremes === 'limited') continue;
    found.push(say(key, `only for ${limitedTypes().join(', ')}, found type ${feature.type}`));
  }
  if (feature.min !== undefined && feature.max !== undefined && feature.min > feature.max) {
    found.push(say('max', `expected at least min (${feature.min}), found ${feature.max}`));
  }
  return found;
}

function repeatedNames(features: readonly FeatureFile[]): Finding[] {
  const names = features.map((feature) => feature.name);
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return [];
    return [atValue(['features', index, 'name'], `\`features[${index}].name\`: duplicate feature '${name}'`)];
  });
}

function columnFindings(draft: ViewDraft): Finding[] {
  const { columns } = draft.sound;
  const features = featureColumns(draft);
  if (columns === undefined || features === null) return [];
  const { needed, known } = columnNames(draft, columns, features);
  const absent = needed.filter((column) => !Object.hasOwn(columns, column));
  const unknown = Object.keys(columns).filter((column) => !known.includes(column));
  return [
    ...absent.map((column) =>
      atKey(['columns'], `\`columns\`: \`${column}\` is missing; expected ${needed.join(', ')}`),
    ),
    ...unknown.map((column) => {
      const hint = didYouMean(column, known) || `; expected ${known.join(', ')}`;
      return atKey(['columns', column], `unknown key \`${column}\` in \`columns\`${hint}`);
    }),
  ];
}

/** The names that `columns` must have, and those that it may have. An entity in a key of Redis is no column. */
function columnNames(
  draft: ViewDraft,
  columns: Readonly<Record<string, string>>,
  features: readonly string[],
): { readonly needed: readonly string[]; readonly known: readonly string[] } {
  if (draft.written.has('keys')) return { needed: features, known: ['timestamp', ...features] };
  const key = writtenKey(draft, Object.keys(columns));
  const needed = [...key, 'timestamp', ...features];
  const known = [...needed, 'tie_break'];
  return { needed, known };
}
