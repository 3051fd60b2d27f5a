// The history of views: millrace.event is append-only, through the statements made here.

import type { Interval } from '../core/interval.ts';
import { rangeLiteral } from '../postgres/range.ts';
import type { Session } from '../postgres/session.ts';
import type { RebuildReason } from './publishing/rebuild-reasons.ts';

export type EventKind =
  | 'covered'
  | 'published'
  | 'skipped'
  | 'held'
  | 'released'
  | 'stale'
  | 'rebuilt'
  | 'applied'
  | 'paused'
  | 'resumed';

/** What an event contains besides its kind and span: facts, which src/presentation turns into sentences. */
export type EventNote =
  /** A new definition, a replaced one, or an edit with its effect on stored rows. */
  | { readonly kind: 'added' | 'changed'; readonly facts: Readonly<Record<string, never>> }
  /** `sameFiles`: only of views over files, and if both definitions look up the same ones. */
  | { readonly kind: 'edited'; readonly facts: { readonly meaning: string; readonly sameFiles?: true } }
  /** `parts`: the parts that the span was combined from have changed. */
  | { readonly kind: 'restated' | 'lookback' | 'parts'; readonly facts: Readonly<Record<string, never>> }
  /** `more`: the number of other files of the span that differ. */
  | {
      readonly kind: 'late_file';
      readonly facts: { readonly file: string; readonly change: 'appeared' | 'changed'; readonly others: number };
    }
  | { readonly kind: 'catch_up'; readonly facts: { readonly catchUp: string } }
  | { readonly kind: 'run_failed'; readonly facts: { readonly code: string } }
  /** Released because the source of the view has responded to a probe. */
  | { readonly kind: 'source_responded'; readonly facts: { readonly source: string } }
  | { readonly kind: 'backfill_cancelled'; readonly facts: { readonly backfill: number } }
  | { readonly kind: 'paused'; readonly facts: { readonly by: string; readonly reason: string } }
  /** The number of failed runs in a row; this run was the last. */
  | {
      readonly kind: 'circuit_opened';
      readonly facts: { readonly runs: number; readonly run: number; readonly code: string };
    }
  | { readonly kind: 'rebuilt'; readonly facts: { readonly reason: RebuildReason } }
  /** From an earlier release. */
  | { readonly kind: 'text'; readonly facts: { readonly text: string } };

/** The notes of events of kind `skipped`. */
export type SkipNote = Extract<EventNote, { kind: 'catch_up' | 'text' }>;

export type NewEvent = {
  readonly viewId: number;
  readonly kind: EventKind;
  readonly run?: number;
  readonly span?: Interval | null;
  readonly publishNumber?: number;
  readonly note?: EventNote;
};

/** Appends an event. */
export async function recordEvent(session: Session, event: NewEvent): Promise<void> {
  const { viewId, kind, run = null, span = null, publishNumber = null, note = null } = event;
  await session.run(
    eventsSql(`select $1::bigint, $2::bigint, $3::text, $4::tstzrange::tstzmultirange, $5::bigint, $6::jsonb`),
    [
      viewId,
      run,
      kind,
      span === null ? null : rangeLiteral(span),
      publishNumber,
      note === null ? null : JSON.stringify(note),
    ],
  );
}

/**
 * A statement that appends an event for each row of a query; runs alone or as a part of another. The query returns
 * view, run, kind, span, publish number and note, in this order.
 */
export function eventsSql(query: string): string {
  return `insert into millrace.event (view_id, run_id, kind, span, publish_number, note) ${query}`;
}

/** A note as SQL; `facts` is jsonb. */
export function noteSql(kind: EventNote['kind'], facts = `'{}'::jsonb`): string {
  return `jsonb_build_object('kind', '${kind}', 'facts', ${facts})`;
}
