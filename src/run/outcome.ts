// The outcome of a run, in our terms. Only src/queue translates it to BullMQ's.

import type { Failure } from '../core/failure.ts';
import type { StopReason, Wait } from '../state/runs/wait.ts';

export type Outcome<T> =
  /** Its rows are stored and published. */
  | { readonly kind: 'completed'; readonly value: T }
  /** There was nothing to store: the run had been closed before, or was superseded. */
  | { readonly kind: 'skipped'; readonly value: T }
  /** Not settled yet, files missing, or another run has the span. Costs no attempt. */
  | { readonly kind: 'snoozed'; readonly delayMs: number; readonly why: Wait['kind'] }
  /** Stopped on purpose: shutdown, or a lost lease. Costs no attempt. */
  | { readonly kind: 'interrupted'; readonly why: StopReason | 'lease_lost' }
  /** A retry may help; it is due after `delayMs`. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly delayMs: number }
  /** A retry cannot help. */
  | { readonly kind: 'discarded'; readonly failure: Failure };

/** Thrown by a stage that has to wait: not a failure, and it costs no attempt. */
export class Snooze extends Error {
  override readonly name = 'Snooze';
  readonly wait: Wait;
  readonly delayMs: number;

  constructor(wait: Wait, delayMs: number) {
    super(wait.kind);
    this.wait = wait;
    this.delayMs = delayMs;
  }
}
