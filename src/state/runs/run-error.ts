// The error of a failed attempt, stored with its run.

import { FAILURES, type Failure } from '../../core/failure.ts';
import { type Message, value } from '../../core/message.ts';
import { SOURCE_AWAY } from '../outages/uncounted.ts';

export type RunError = {
  readonly code: string;
  /** The parts as one text. */
  readonly message: string;
  readonly owner: string;
  readonly parts: Message;
  /** The unavailable source, if it may not be the source of the view. */
  readonly source?: string;
};

/** The stored form: errors of an earlier release and cut ones have no parts, and all of their text counts as a value. */
export type StoredError = Omit<RunError, 'parts'> & { readonly parts?: Message };

export function runErrorOf({ code, message, parts, facts }: Failure): RunError {
  const { source } = facts;
  const isAway = code === SOURCE_AWAY && typeof source === 'string';
  return { code, message, owner: FAILURES[code].owner, parts, ...(isAway ? { source } : {}) };
}

export function readError(stored: StoredError): RunError {
  return { ...stored, parts: stored.parts ?? value(stored.message) };
}

/** The error of a row as SQL; cut if it is too long for a list. */
export function shortError(error: string, characters: number): string {
  return `case when octet_length(${error}::text) <= ${8 * characters} then ${error}
               else ${error} - 'parts' || jsonb_build_object('message', left(${error}->>'message', ${characters})) end`;
}
