import { expect, test } from 'vitest';
import { countsText } from '../../../src/presentation/runs/run-facts.ts';
import { NO_COUNTS } from '../../../src/state/runs/run.ts';

test('countsText leaves out zero counts, and uses singular and plural', () => {
  const counts = { ...NO_COUNTS, read: 4, accepted: 3, refused: 1, inserted: 2 };
  expect(countsText({ ...counts, duplicates: 1 })).toBe('4 rows read: 2 inserted, 1 duplicate, 1 refused');
  expect(countsText({ ...counts, read: 1, duplicates: 2_000 })).toBe(
    '1 row read: 2 inserted, 2,000 duplicates, 1 refused',
  );
});
