// What people are told of a redacted view: nothing that may quote data. Whatever reads messages for people passes them
// through here, so that no page, command, log or alert has to remember it. What is certainly ours stays.

import { type Message, messageFrom, redacted, textOf } from '../core/message.ts';
import { type RunError, readError, type StoredError } from './runs/run-error.ts';

/** A row that tells whether its view is redacted. */
export type ViewRedaction = { readonly isRedacted: boolean };

/** Whether the values of view `v` are to show nowhere, as SQL. */
export const IS_REDACTED = 'v.redacted';

/** A plain text is one value. */
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
