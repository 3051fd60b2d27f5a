// Limits on what all requests together hold in memory.

import { Problem } from '../problem.ts';

/** A limited amount, such as bytes of bodies or values of responses. */
export type Room = {
  /** Takes an amount until it is disposed. @throws Problem TOO_BUSY */
  take(amount: number): TakenRoom;
};

export type TakenRoom = Disposable & {
  /** Takes more. @throws Problem TOO_BUSY */
  add(amount: number): void;
};

const RETRY_AFTER_S = '1';

/** `full` is the sentence that refuses a request. */
export function openRoom(max: number, full: string): Room {
  let taken = 0;
  return {
    take(first) {
      let held = 0;
      const add = (amount: number) => {
        if (taken + amount > max) throw new Problem('TOO_BUSY', full, { headers: { 'retry-after': RETRY_AFTER_S } });
        taken += amount;
        held += amount;
      };
      add(first);
      return {
        add,
        [Symbol.dispose]: () => {
          taken -= held;
          held = 0;
        },
      };
    },
  };
}
