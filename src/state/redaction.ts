// Redaction: messages of a redacted view without anything that may quote data. Every reader of stored messages passes
// them through here, so that no page, command, log or alert can forget it. Our own text stays.

import { type Message, messageFrom, redacted, textOf } from '../core/message.ts';
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
