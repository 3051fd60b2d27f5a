import fc from 'fast-check';
import { test } from 'vitest';
import { checkDeliveries, deliveries } from './restated.ts';

test('files that are delivered again with bad rows match a simple model in both stores, many times', async () => {
  await fc.assert(fc.asyncProperty(deliveries, checkDeliveries), { numRuns: 60 });
}, 1_200_000);
