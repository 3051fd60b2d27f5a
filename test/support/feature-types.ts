// The names of all feature types, for tests that go through them: add new types here.

import type { FeatureType, FeatureTypeName } from '../../src/feature-types/index.ts';

export const SAMPLE_TYPES = {
  float: 'float',
  int: 'int',
  decimal: 'decimal',
  string: 'string',
  bool: 'bool',
  json: 'json',
  timestamp: 'timestamp',
  vector: 'vector(2)',
} as const satisfies Readonly<Record<FeatureTypeName, FeatureType>>;

export type SampleType = (typeof SAMPLE_TYPES)[FeatureTypeName];
