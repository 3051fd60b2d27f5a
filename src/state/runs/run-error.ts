// What a failed attempt says of itself, as its run keeps it.

import { FAILURES, type Failure } from '../../core/failure.ts';
import { type Message, value } from '../../core/message.ts';

export type RunError = {
  readonly code: string;
  /** The parts as one text. */
  readonly message: string;
  readonly owner: string;
  readonly parts: Message;
};

/** As a row has it: one of an earlier release, or one that was cut, has no parts, and all of it counts as a value. */
export type StoredError = Omit<RunError, 'parts'> & { readonly parts?: Message };

export function runErrorOf({ code, message, parts }: Failure): RunError {
  return { code, message, owner: FAILURES[code].owner, parts };
}

export function readError(stored: StoredError): RunError {
  return { ...stored, parts: stored.parts ?? value(stored.message) };
}

/** The error of a row as SQL; of one that is too long to be listed, its beginning. */
export function shortError(error: string, characters: number): string {
  return `case when octet_length(${error}::text) <= ${8 * characters} then ${error}
               else ${error} - 'parts' || jsonb_build_object('message', left(${error}->>'message', ${characters})) end`;
}
