// Redaction: messages of a redacted view without anything that may quote data. Every reader of stored messages passes
// them through here, so that no page, command, log or alert can forget it. Our own text stays.

import { wordsOf } from '../core/failure.ts';
import { type Message, messageFrom, redacted, textOf } from '../core/message.ts';
import type { Database } from '../postgres/database.ts';
import type { CheckOutcome } from '../quality/outcome.ts';
import { type RunError, readError, type StoredError } from './runs/run-error.ts';

/** A row that says whether its view is redacted. */
export type ViewRedaction = { readonly isRedacted: boolean };

/** Whether view `v` is redacted, as SQL. */
export const IS_REDACTED = 'v.redacted';

/** A plain text counts as one value. */
export function redactMessage(message: Message | string, { isRedacted }: ViewRedaction): Message {
  const parts = messageFrom(message);
  return isRedacted ? redacted(parts) : parts;
}

export function redactError(stored: StoredError, view: ViewRedaction): RunError {
  const error = readError(stored);
  const parts = redactMessage(error.parts, view);
  return { ...error, message: textOf(parts), parts };
}

export function redactText(text: string, view: ViewRedaction): string {
  return textOf(redactMessage(text, view));
}

/** The outcomes of checks without rows, which a view that was not redacted before may have recorded. */
export function redactOutcomes(
  outcomes: readonly CheckOutcome[],
  { isRedacted }: ViewRedaction,
): readonly CheckOutcome[] {
  return isRedacted ? withoutRows(outcomes) : outcomes;
}

export function withoutRows(outcomes: readonly CheckOutcome[]): readonly CheckOutcome[] {
  return outcomes.map(({ examples: _, ...outcome }) => outcome);
}

/** The message of anything thrown by work on a view, for a log. Without values too if the database does not answer. */
export async function loggedMessage(database: Database, view: string, thrown: unknown): Promise<string> {
  const found = await database
    .query<ViewRedaction>(`select ${IS_REDACTED} as "isRedacted" from millrace.view v where v.name = $1`, [view])
    .catch(() => []);
  return textOf(redactMessage(wordsOf(thrown), found[0] ?? { isRedacted: true }));
}
