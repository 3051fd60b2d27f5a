import fc from 'fast-check';
import { test } from 'vitest';
import { RUNS_ALL } from '../support/sample.ts';
import { checkDeliveries, deliveries } from './restated.ts';

test('files that are delivered again with bad rows match a simple model in both stores', async () => {
  await fc.assert(fc.asyncProperty(deliveries, checkDeliveries), { numRuns: RUNS_ALL ? 3 : 1 });
});
