// The reason of an aborted signal when a run is released on purpose.

import type { StopReason } from '../state/runs/wait.ts';

/** Aborts a run without a failure: the next delivery continues it, and it costs no attempt. */
export class Shutdown extends Error {
  override readonly name = 'Shutdown';
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(reason);
    this.reason = reason;
  }
}
