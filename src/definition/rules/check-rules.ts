// Rules of a view's checks: which keys go together, and whether the features exist.

import { keysOf } from '../../core/keys.ts';
import { entryOf, type FeatureType } from '../../feature-types/index.ts';
import { expandedFeatures } from '../declared/parse-declared.ts';
import { CHECK_KINDS, type CheckFile } from '../files/check-file.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { atKey, atValue, type Finding, type ViewDraft } from './finding.ts';

type Kind = (typeof CHECK_KINDS)[number];

/** Key → the kinds of checks that have it. */
const KEYS_OF: Readonly<Partial<Record<keyof CheckFile, readonly Kind[]>>> = {
  feature: ['matches'],
  psi: ['drift'],
  compared_to: ['volume', 'drift'],
  same: ['volume', 'drift'],
  at_least: ['row', 'matches', 'unique'],
};

export function checkFindings(draft: ViewDraft): Finding[] {
  return (draft.sound.checks ?? []).flatMap((check, index) => oneCheck(draft, check, index));
}

function oneCheck(draft: ViewDraft, check: CheckFile, index: number): Finding[] {
  const at = (key: string, message: string) =>
    atValue(['checks', index, key], `\`checks[${index}].${key}\`: ${message}`);
  const kinds = CHECK_KINDS.filter((kind) => check[kind] !== undefined);
  const [kind, second] = kinds;
  if (kind === undefined) {
    return [atValue(['checks', index], `\`checks[${index}]\`: expected one of ${CHECK_KINDS.join(', ')}`)];
  }
  if (second !== undefined)
    return [at(second, `expected one kind of check, found ${kinds.join(' and ')}; write a check for each`)];
  const found: Finding[] = [];
  for (const key of keysOf(KEYS_OF)) {
    const of = KEYS_OF[key] ?? [];
    if (check[key] === undefined || of.includes(kind)) continue;
    found.push(atKey(['checks', index, key], `\`checks[${index}].${key}\`: only for ${of.join(' and ')}`));
  }
  if (check.on_failure === 'refuse') {
    if (kind !== 'row' && kind !== 'matches') found.push(at('on_failure', '`refuse` is only for row and matches'));
    if (check.at_least !== undefined) found.push(at('at_least', 'only for `warn` and `fail`'));
  }
  if (draft.sound.kind === 'pushed' && check.on_failure === 'fail') found.push(...pushedFindings(check, kind, at));
  if (kind === 'matches' && check.feature === undefined) {
    found.push(at('matches', 'needs `feature`, the feature whose values must match'));
  }
  if (check.psi !== undefined && check.psi <= 0) found.push(at('psi', `expected more than 0, found ${check.psi}`));
  if (check.entities !== undefined) found.push(...entitiesFindings(check.entities, at));
  return [...found, ...patternFindings(check, at), ...featureFindings(draft, check, at)];
}

type At = (key: string, message: string) => Finding;

/** Pushed rows are stored as they arrive, so a check cannot fail a run: with `fail`, a condition refuses rows. */
function pushedFindings(check: CheckFile, kind: Kind, at: At): Finding[] {
  if (kind !== 'row' && kind !== 'matches') {
    return [at(kind, 'a view of kind pushed has no runs that could fail: add `on_failure: warn`')];
  }
  return check.at_least === undefined
    ? []
    : [at('at_least', 'in a view of kind pushed, only with `on_failure: warn`: rows that fail the check are refused')];
}

function entitiesFindings({ min, max }: NonNullable<CheckFile['entities']>, at: At): Finding[] {
  if (min === undefined && max === undefined) return [at('entities', 'needs `min` or `max`')];
  return min !== undefined && max !== undefined && min > max
    ? [at('entities', `expected max to be at least min (${min}), found ${max}`)]
    : [];
}

/** Patterns with constructs that only Postgres has are left to Postgres. */
function patternFindings({ matches }: CheckFile, at: At): Finding[] {
  if (matches === undefined || /\(\?|^\*\*\*|\[\[/.test(matches)) return [];
  try {
    RegExp(matches);
    return [];
  } catch {
    return [at('matches', `'${matches}' is not a regular expression`)];
  }
}

function featureFindings(draft: ViewDraft, check: CheckFile, at: At): Finding[] {
  const types = featureTypes(draft);
  if (types === null) return [];
  const unknown = (key: string, name: string) => {
    const known = [...types.keys()];
    return at(key, `unknown feature '${name}'${didYouMean(name, known) || `; expected one of ${known.join(', ')}`}`);
  };
  const found: Finding[] = [];
  const { feature, unique = [], drift = [] } = check;
  if (feature !== undefined) {
    const type = types.get(feature);
    if (type === undefined) found.push(unknown('feature', feature));
    else if (type !== 'string') found.push(at('feature', `only for features of type string, found ${type}`));
  }
  for (const name of unique) if (!types.has(name)) found.push(unknown('unique', name));
  for (const name of typeof drift === 'string' ? [drift] : drift) {
    const type = types.get(name);
    if (name === '*') continue;
    if (type === undefined) found.push(unknown('drift', name));
    else if (entryOf(type).profiledAs === 'none')
      found.push(at('drift', `'${name}' has type ${type}, which has no histogram`));
  }
  return found;
}

/** Feature → type; null while they are not known. */
export function featureTypes({ sound, written }: ViewDraft): Map<string, FeatureType> | null {
  if (sound.features !== undefined) {
    return new Map(expandedFeatures(sound.features).map(({ feature: { name, type } }) => [name, type]));
  }
  return written.has('features') || sound.name === undefined ? null : new Map([[sound.name, sound.type ?? 'float']]);
}
