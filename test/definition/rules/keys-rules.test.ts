import { describe, expect, test } from 'vitest';
import { viewFile } from '../../../src/definition/files/view-file.ts';
import { dataFingerprint, metaFingerprint } from '../../../src/definition/fingerprint.ts';
import { entityOfKey, keyPattern, keyPatternProblem, scanPattern } from '../../../src/definition/key-pattern.ts';
import { parseView } from '../../../src/definition/parse/parse-view.ts';
import { viewFindings } from '../../../src/definition/rules/view-rules.ts';

const SCORE = {
  name: 'score',
  entity: 'user',
  source: 'cache',
  kind: 'latest',
  keys: 'score:{entity_id}',
  type: 'float',
};
const FEATURES = [
  { name: 'level', type: 'int' },
  { name: 'vip', type: 'bool' },
];

function findings(changes: Record<string, unknown>): string[] {
  const { type, ...score } = SCORE;
  const keys = { ...score, ...('features' in changes ? {} : { type }), ...changes };
  return viewFindings({ sound: viewFile.parse(keys), written: new Set(Object.keys(keys)) }).map(
    ({ message }) => message,
  );
}

describe('keysFindings', () => {
  test('accepts strings, and hashes with a field for each feature', () => {
    expect(findings({})).toEqual([]);
    expect(findings({ columns: { value: 'score' } })).toEqual([]);
    expect(findings({ features: FEATURES, columns: { timestamp: 'at', level: 'l', vip: 'v' } })).toEqual([]);
  });

  test.each([
    [{ keys: 'score' }, '`keys`: expected a key with one {entity_id}, such as user:{entity_id}, found one without'],
    [
      { keys: '{entity_id}{entity_id}' },
      '`keys`: expected a key with one {entity_id}, such as user:{entity_id}, found one with more than one',
    ],
    [{ keys: '{user}:{entity_id}' }, '`keys`: unknown placeholder {user}; expected {entity_id}'],
    [{ query: 'select 1' }, '`query`: cannot be combined with `keys`; remove one of them'],
    [{ entity: ['user', 'item'] }, '`entity`: a view with `keys` cannot have a composite entity'],
    [
      { features: FEATURES },
      '`columns` is missing; with `features`, each key is a hash: name the hash field of each feature, such as `columns: { NAME: field }`',
    ],
    [{ features: FEATURES, columns: { level: 'l' } }, '`columns`: `vip` is missing; expected level, vip'],
    [{ columns: { value: 'v', entity_id: 'id' } }, 'unknown key `entity_id` in `columns`; expected timestamp, value'],
    [{ columns: { value: 'v', other: 'o' } }, 'unknown key `other` in `columns`; expected timestamp, value'],
  ])('refuses %j', (changes, message) => {
    expect(findings(changes)).toEqual([message]);
  });

  test('refuses a view with intervals', () => {
    const changes = { kind: 'snapshot', interval: '1d', start: '2026-01-01' };
    expect(findings(changes)).toContain(
      '`kind`: expected latest for a view with `keys`, because Redis stores only the current values',
    );
  });
});

describe('keyPattern', () => {
  test('finds the entity of a key, and escapes the characters of SCAN', () => {
    const pattern = keyPattern('a*[{entity_id}]?');
    expect(entityOfKey(pattern, 'a*[1:2]?')).toBe('1:2');
    expect(entityOfKey(pattern, 'a*[]?')).toBeNull();
    expect(entityOfKey(keyPattern('aa{entity_id}aa'), 'aaa')).toBeNull();
    expect(scanPattern(pattern)).toBe(String.raw`a\*\[*\]\?`);
    expect(keyPatternProblem('{tag:1}:{entity_id}')).toBeNull();
  });
});

describe('dataFingerprint', () => {
  test('covers the keys, and the meta fingerprint does not', () => {
    const [one, other] = ['score:{entity_id}', 'points:{entity_id}'].map((keys) =>
      parseView(viewFile.parse({ ...SCORE, keys })),
    );
    if (one === undefined || other === undefined) throw new RangeError('two views');
    expect(dataFingerprint(one)).not.toBe(dataFingerprint(other));
    expect(metaFingerprint(one)).toBe(metaFingerprint(other));
  });
});
