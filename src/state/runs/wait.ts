// What an open run waits for that no worker is at, as data. src/presentation makes sentences of it.

import { redactText, type ViewRedaction } from '../redaction.ts';

export type Wait =
  /** For another attempt, or to be published again; the error of the run says what failed. */
  | { readonly kind: 'retry' | 'publish'; readonly facts: { readonly code: string } }
  | { readonly kind: 'files'; readonly facts: { readonly pattern: string; readonly place: string } }
  /** The source may still commit rows of its span: a transaction is open, or was prepared, since then. */
  | { readonly kind: 'source'; readonly facts: SourceFacts }
  /** So many spans of these views, the first of which is named, are to be covered before. */
  | { readonly kind: 'earlier_views'; readonly facts: { readonly views: readonly BlockingView[] } }
  /** Another run of its view holds its span, another worker has it, its time has not come, or another publisher is at work. */
  | {
      readonly kind: 'overlap' | 'leased' | 'not_before' | 'publisher';
      readonly facts: Readonly<Record<string, never>>;
    }
  /** Its worker stopped. */
  | { readonly kind: 'stopped'; readonly facts: { readonly reason: string } }
  /** Of an earlier release: a sentence, which may quote anything. */
  | { readonly kind: 'text'; readonly facts: { readonly text: string } };

export type SourceFacts = {
  readonly place: string;
  readonly blocker: 'clock' | 'open' | 'prepared';
  readonly since: string | null;
};

/** Times as ISO text. */
export type BlockingView = {
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly more: number;
};

/** Whether it waits because something failed, so that the error of the run says why. */
export function isAfterError({ kind }: Pick<Wait, 'kind'>): boolean {
  return kind === 'retry' || kind === 'publish';
}

/** A wait of a row as SQL, with the beginning of a text that is too long to be listed. */
export function shortWait(wait: string): string {
  return `case when octet_length(${wait}::text) > 16000
                 then jsonb_build_object('kind', 'text', 'facts', jsonb_build_object('text', left(${wait}->'facts'->>'text', 2000)))
               else ${wait} end`;
}

export function redactWait<W extends Wait | null>(wait: W, view: ViewRedaction): W | Wait {
  return wait?.kind === 'text' ? { kind: 'text', facts: { text: redactText(wait.facts.text, view) } } : wait;
}
