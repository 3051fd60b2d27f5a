// Statements that the server parses and plans once per connection, and not each time: planning takes longer than running for
// most statements about one run or view.

import { createHash } from 'node:crypto';

/** A statement that each connection prepares under its name when it first uses it. */
export type Prepared = { readonly text: string; readonly name: string };

export type Statement = string | Prepared;

/** There are a few dozen. A text that contains a value by mistake must not fill the memory of the server. */
const STATEMENTS_MAX = 200;

const known = new Map<string, Prepared>();

/**
 * Marks a statement to be prepared. Its text has parameters for everything that differs between calls, including the names
 * of tables, and its plan must be good for all values: it looks up rows by an id.
 */
export function prepared(text: string): Statement {
  const found = known.get(text);
  if (found !== undefined) return found;
  if (known.size >= STATEMENTS_MAX) return text;
  const made = { text, name: `millrace_${createHash('sha256').update(text).digest('hex').slice(0, 16)}` };
  known.set(text, made);
  return made;
}
