import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { viewFile } from '../../../src/definition/files/view-file.ts';
import { dataFingerprint, metaFingerprint } from '../../../src/definition/fingerprint.ts';
import { parseView } from '../../../src/definition/parse/parse-view.ts';
import { viewFindings } from '../../../src/definition/rules/view-rules.ts';
import { viewText } from '../../../src/definition/view-text.ts';

const TRAITS = {
  name: 'traits',
  entity: 'user',
  source: 'shop',
  kind: 'latest',
  features: [{ name: 'city', type: 'string', nullable: true }],
  pivot: { name: 'feature_name', value: 'feature_value' },
  query: 'select user_id as entity_id, now() as timestamp, feature_name, feature_value from user_features',
};

function findings(changes: Record<string, unknown>): string[] {
  const keys = Object.fromEntries(Object.entries({ ...TRAITS, ...changes }).filter(([, value]) => value !== undefined));
  return viewFindings({ sound: viewFile.parse(keys), written: new Set(Object.keys(keys)) }).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );
}

const viewOf = (changes: Record<string, unknown> = {}) => parseView(viewFile.parse({ ...TRAITS, ...changes }));

describe('pivotFindings', () => {
  test('accepts a query, over tables of files too', () => {
    expect(findings({})).toEqual([]);
    expect(findings({ files: 'long.csv' })).toEqual([]);
  });

  test.each([
    [
      { features: undefined, type: 'string' },
      'features `features` is missing; expected the names to read, because each of them becomes a feature',
    ],
    [
      { query: undefined, files: 'long.csv', columns: { entity_id: 'id', timestamp: 'at', city: 'c' } },
      'columns `columns`: cannot be combined with `pivot`, which needs a `query`; remove one of them',
    ],
    [
      { query: undefined },
      'query `query` is missing; expected SQL that returns entity_id, timestamp, feature_name and feature_value',
    ],
    [
      { pivot: { name: 'name', value: 'name' } },
      'pivot.value `pivot.value`: expected a different column than `pivot.name`',
    ],
    [
      { pivot: { name: 'timestamp', value: 'value' } },
      'pivot.name `pivot.name`: the column timestamp is reserved; rename it in the query',
    ],
    [
      { pivot: { name: 'name', value: 'entity_id' } },
      'pivot.value `pivot.value`: the column entity_id is reserved; rename it in the query',
    ],
  ])('refuses %j', (changes, message) => {
    expect(findings(changes)).toEqual([message]);
  });
});

describe('a view with pivot', () => {
  test('has another data fingerprint for other columns', () => {
    const other = viewOf({ pivot: { name: 'feature_name', value: 'other' } });

    expect(dataFingerprint(viewOf())).not.toBe(dataFingerprint(other));
    expect(metaFingerprint(viewOf())).toBe(metaFingerprint(other));
  });

  test('is the same after it is written', () => {
    expect(parseView(viewFile.parse(parse(viewText(viewOf()))))).toEqual(viewOf());
  });
});
