// What an open run without a worker waits for, as data. src/presentation turns it into sentences.

import { redactText, type ViewRedaction } from '../redaction.ts';

export type Wait =
  /** For another attempt, or another publish; the run's error has the cause. */
  | { readonly kind: 'retry' | 'publish'; readonly facts: { readonly code: string } }
  | { readonly kind: 'files'; readonly facts: { readonly pattern: string; readonly place: string } }
  /** The source may still commit rows of the span: a transaction has been open or prepared since then. */
  | { readonly kind: 'source'; readonly facts: SourceFacts }
  /** This many spans of these views, the first of which is named, must be covered before. */
  | { readonly kind: 'earlier_views'; readonly facts: { readonly views: readonly BlockingView[] } }
  /**
   * Another run of its view has its span, another worker has it, its time has not come, or another publisher is
   * working.
   */
  | {
      readonly kind: 'overlap' | 'leased' | 'not_before' | 'publisher';
      readonly facts: Readonly<Record<string, never>>;
    }
  /** Its worker stopped. */
  | { readonly kind: 'stopped'; readonly facts: { readonly reason: StopReason } }
  /** From an earlier release: a sentence, which may quote a value. */
  | { readonly kind: 'text'; readonly facts: { readonly text: string } };

export type SourceFacts = {
  readonly place: string;
  readonly blocker: 'clock' | 'open' | 'prepared';
  readonly since: string | null;
};

/** Why a worker released a run on purpose: a lost lock is that of its job; a command also ends its other runs. */
export type StopReason = 'process_stopped' | 'worker_stopped' | 'job_lock_lost' | 'command_failed' | 'backfill_ended';

/** Times as ISO text. */
export type BlockingView = {
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly more: number;
};

/** Whether it waits because of a failure; the run's error has the cause. */
export function isAfterError({ kind }: Pick<Wait, 'kind'>): boolean {
  return kind === 'retry' || kind === 'publish';
}

/** A wait of a row as SQL; long strings are cut. */
export function shortWait(wait: string): string {
  return `case when octet_length(${wait}::text) > 16000
                 then jsonb_build_object('kind', 'text', 'facts', jsonb_build_object('text', left(${wait}->'facts'->>'text', 2000)))
               else ${wait} end`;
}

export function redactWait<W extends Wait | null>(wait: W, view: ViewRedaction): W | Wait {
  return wait?.kind === 'text' ? { kind: 'text', facts: { text: redactText(wait.facts.text, view) } } : wait;
}
