// The facts of history entries besides name and time, as jsonb in SQL: `r` is the row of the run before the change.

/** A stage starts where the last entry ends. */
const MS = `(extract(epoch from millrace.now() - coalesce((r.history->-1->>'last')::timestamptz,
  (r.history->-1->>'at')::timestamptz)) * 1000)::bigint`;

/** The row of the run has the full text. */
const TEXT_CHARACTERS = 500;

/** The duration of a stage. */
export const TOOK = `jsonb_build_object('ms', ${MS})`;

/** Where an attempt ended early. */
export const STOPPED = `jsonb_build_object('attempt', r.attempt, 'stage', r.stage, 'ms', ${MS})`;

/** Of an error in jsonb. */
export function errorFacts(error: string): string {
  return `jsonb_build_object('code', ${error}->'code', 'message', left(${error}->>'message', ${TEXT_CHARACTERS}))`;
}

/** One wait; `why` is a wait in jsonb, `until` a time. */
export function waitFacts(why: string, until: string): string {
  return `jsonb_build_object('why', ${why}, 'until', ${until}, 'times', 1)`;
}

export function interruptFacts(why: string): string {
  return `${STOPPED} || jsonb_build_object('why', ${why})`;
}
