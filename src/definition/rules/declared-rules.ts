// Rules of a view that declares its features: `from`, and the aggregate of each feature.

import { parseDuration } from '../../core/duration.ts';
import { conditionsIn, defaultLiteral, EQUATING, parseFilter } from '../declared/filter.ts';
import { OPERATOR_KEYS, OPERATOR_NAMES, rulesOf } from '../declared/operators.ts';
import { expandedFeatures } from '../declared/parse-declared.ts';
import { NAME_PATTERN } from '../files/field.ts';
import type { FromFile } from '../files/from-file.ts';
import type { FeatureFile } from '../files/view-file.ts';
import { formatKeyPath, type KeyPath } from '../yaml/problem.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from './finding.ts';
import { unitOf } from './time-rules.ts';

const DECLARED_KEYS = ['aggregate', 'column', 'window', 'where', 'default', ...OPERATOR_KEYS] as const;
const QUERY_KEYS = ['query', 'columns', 'files', 'tables', 'type', 'nullable'] as const;

export function declaredFindings(draft: ViewDraft): Finding[] {
  const { sound, written } = draft;
  if (!written.has('from')) return (sound.features ?? []).flatMap(undeclared);
  const { from, kind, features } = sound;
  const wrongKind =
    kind === undefined || kind === 'snapshot'
      ? []
      : [atValue(['kind'], `\`kind\`: expected snapshot for a view with \`from\`, found '${kind}'`)];
  const missing = '`features` is missing; expected a list of features, each with an `aggregate`';
  return [
    ...wrongKind,
    ...unusedKeys(draft, QUERY_KEYS, 'cannot be combined with `from`; remove one of them'),
    ...(typeof from === 'object' ? fromFindings(from, ['from']) : []),
    ...(written.has('features') ? [] : [atKey(['features'], missing)]),
    ...(features ?? []).flatMap((feature, index) => declaredFeature(feature, index, draft)),
    ...repeatedNames(features ?? []),
  ];
}

/** Rules of one table, in a view or under `tables` in millrace.yaml. */
export function fromFindings(from: FromFile, path: KeyPath): Finding[] {
  const key = formatKeyPath(path);
  const filter = from.where === undefined ? [] : filterFindings(from.where, [...path, 'where'], from.timestamp);
  if (from.table !== undefined && from.files !== undefined) {
    return [
      ...filter,
      atKey([...path, 'files'], `\`${key}.files\`: cannot be combined with \`table\`; remove one of them`),
    ];
  }
  if (from.table !== undefined || from.files !== undefined) return [...filter];
  return [...filter, atKey(path, `\`${key}.table\` is missing; expected \`table\` for a database, or \`files\``)];
}

function undeclared(feature: FeatureFile, index: number): Finding[] {
  const extra = DECLARED_KEYS.filter((key) => feature[key] !== undefined);
  return extra.map((key) => {
    const path = ['features', index, key];
    return atKey(path, `\`${formatKeyPath(path)}\`: only for a view with \`from\``);
  });
}

type Say = (key: keyof FeatureFile, sentence: string, at?: 'key' | 'value') => Finding;

function declaredFeature(feature: FeatureFile, index: number, draft: ViewDraft): Finding[] {
  const path = (key: string) => ['features', index, key];
  const say: Say = (key, sentence, at = 'value') =>
    (at === 'key' ? atKey : atValue)(path(key), `\`${formatKeyPath(path(key))}\`${sentence}`);
  const { aggregate } = feature;
  if (aggregate === undefined)
    return [say('aggregate', ` is missing; expected one of ${OPERATOR_NAMES.join(', ')}`, 'key')];
  if (aggregate === 'lookup' && typeof draft.sound.from === 'object' && draft.sound.from.files !== undefined) {
    return [say('aggregate', ': a view over files has no other table to look up; use a `query` with `tables`')];
  }
  return [
    ...keyFindings(feature, aggregate, say),
    ...typeFindings(feature, aggregate, say),
    ...windowFindings(feature, aggregate, draft, say),
    ...(feature.where === undefined ? [] : filterFindings(feature.where, path('where'), timeOf(draft))),
  ];
}

function timeOf({ sound: { from } }: ViewDraft): string | null {
  return typeof from === 'object' ? from.timestamp : null;
}

/** Problems of a filter. `time` is the column named in `timestamp`, which no text equals in every kind of source. */
function filterFindings(written: unknown, path: KeyPath, time: string | null): Finding[] {
  const { filter, problems } = parseFilter(written, path);
  if (problems.length > 0) return [...problems];
  const wrong = conditionsIn(filter).some(
    ({ column, is, values }) => column === time && EQUATING.includes(is) && values.some((value) => 'text' in value),
  );
  const sentence = `\`${time}\` is the time of a row; compare it with \`gte\`, \`gt\`, \`lte\`, \`lt\` or \`between\``;
  return wrong ? [atValue(path, `\`${formatKeyPath(path)}\`: ${sentence}`)] : [];
}

type Aggregate = NonNullable<FeatureFile['aggregate']>;

function keyFindings(feature: FeatureFile, aggregate: Aggregate, say: Say): Finding[] {
  const rules = rulesOf(aggregate);
  const found: Finding[] = [];
  const required = [
    ...(rules.column === 'required' ? (['column'] as const) : []),
    ...(rules.window === 'required' ? (['window'] as const) : []),
    ...rules.keys.filter((key) => key !== 'entity_id'),
  ];
  const unused = [
    ...(rules.column === 'none' ? (['column'] as const) : []),
    ...(rules.window === 'none' ? (['window', 'where'] as const) : []),
    ...(rules.empty === 'zero' ? (['default'] as const) : []),
    ...OPERATOR_KEYS.filter((key) => !rules.keys.includes(key)),
  ];
  for (const key of required) {
    if (feature[key] === undefined) found.push(say(key, ` is missing; \`${aggregate}\` needs it`, 'key'));
  }
  for (const key of unused) {
    if (feature[key] !== undefined) found.push(say(key, `: not used by \`${aggregate}\`; remove it`, 'key'));
  }
  if (feature.at !== undefined && (feature.at < 0 || feature.at > 1)) {
    found.push(say('at', `: expected a number from 0 to 1, found ${feature.at}`));
  }
  return found;
}

function typeFindings(feature: FeatureFile, aggregate: Aggregate, say: Say): Finding[] {
  const { types } = rulesOf(aggregate);
  const type = feature.type.replace(/\(.*/, '');
  if (!types.includes(type)) {
    return [say('type', `: expected ${types.join(', ')} for \`${aggregate}\`, found ${feature.type}`)];
  }
  if (feature.default === undefined) return [];
  const literal = defaultLiteral(feature.default, feature.type);
  return typeof literal === 'string'
    ? [say('default', `: expected ${literal}, because the type is ${feature.type}`)]
    : [];
}

function windowFindings(feature: FeatureFile, aggregate: Aggregate, draft: ViewDraft, say: Say): Finding[] {
  const { window } = feature;
  const { from, interval } = draft.sound;
  if (window === undefined) {
    const isBounded = typeof from === 'object' && from.files !== undefined && rulesOf(aggregate).window === 'optional';
    return isBounded ? [say('window', ' is missing; over files, a run reads only the files of a window', 'key')] : [];
  }
  const unitMs = unitOf(draft);
  const windows = typeof window === 'string' ? [window] : window;
  return windows.flatMap((each, index) => {
    if (windows.indexOf(each) !== index) return [say('window', `: duplicate '${each}'`)];
    const windowMs = parseDuration(each) ?? 0;
    if (windowMs > 0 && (unitMs === null || windowMs >= unitMs)) return [];
    return [say('window', `: expected at least the interval (${interval ?? 'more than 0s'}), found '${each}'`)];
  });
}

/** Names that several windows make. Names as written are checked with all other features. */
function repeatedNames(features: readonly FeatureFile[]): Finding[] {
  const all = expandedFeatures(features);
  return all.flatMap(({ feature: { name }, index }, position) => {
    const windows = features[index]?.window;
    // Duplicates in one list are reported there.
    if (!Array.isArray(windows) || new Set(windows).size < windows.length) return [];
    const path = ['features', index, 'name'];
    const key = `\`${formatKeyPath(path)}\``;
    if (!NAME_PATTERN.test(name))
      return [atValue(path, `${key}: '${name}' has more than 48 characters; expected a shorter name`)];
    const first = all.findIndex(({ feature }) => feature.name === name);
    const other = all.findIndex(({ feature }, at) => at !== position && feature.name === name);
    if (other === -1 || (first === position && Array.isArray(features[all[other]?.index ?? -1]?.window))) return [];
    return [atValue(path, `${key}: one of its windows creates the feature '${name}', which already exists`)];
  });
}
