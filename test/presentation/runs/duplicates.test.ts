import { describe, expect, test } from 'vitest';
import { duplicatesSentence } from '../../../src/presentation/runs/duplicates.ts';
import { NO_COUNTS } from '../../../src/state/runs/run.ts';

describe('duplicatesSentence', () => {
  test('warns above a tenth of the accepted rows', () => {
    const counts = { ...NO_COUNTS, read: 2_205, accepted: 2_205, inserted: 114, duplicates: 2_091 };
    expect(duplicatesSentence('spend', { id: 7, counts })).toBe(
      'spend: 2,091 of 2,205 rows in run 7 (94.8%) were duplicates, so only one row per entity and timestamp was stored: 114 in total. Check the query; to make such runs fail, set duplicates_max',
    );
    expect(duplicatesSentence('spend', { id: 7, counts: { ...NO_COUNTS, accepted: 10, duplicates: 1 } })).toBe('');
    expect(duplicatesSentence('spend', { id: 7, counts: NO_COUNTS })).toBe('');
  });
});
