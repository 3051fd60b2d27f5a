// A limit on the bodies that are read at the same time, so that they fit in memory.

import { Problem } from '../problem.ts';

/** Bodies of the largest allowed size that are read at the same time; smaller ones count by their size. */
const BODIES_MAX = 8;

/** Takes the room for a body until it is disposed; null for an unknown size. @throws Problem TOO_BUSY */
export type Bodies = { take(bytes: number | null): Disposable };

export function openBodies(bodyBytesMax: number): Bodies {
  let taken = 0;
  return {
    take(bytes) {
      const wanted = Math.min(bytes ?? bodyBytesMax, bodyBytesMax);
      if (taken + wanted > BODIES_MAX * bodyBytesMax) {
        throw new Problem(
          'TOO_BUSY',
          'This process already reads many large pushes: try again, or start more API processes.',
          {
            headers: { 'retry-after': '1' },
          },
        );
      }
      taken += wanted;
      return {
        [Symbol.dispose]: () => {
          taken -= wanted;
        },
      };
    },
  };
}
