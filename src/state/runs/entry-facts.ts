// What history entries say besides their names and times, as jsonb in SQL: `r` is the row of the run as it was.

/** A stage begins where the last entry ends. */
const MS = `(extract(epoch from millrace.now() - coalesce((r.history->-1->>'last')::timestamptz,
  (r.history->-1->>'at')::timestamptz)) * 1000)::bigint`;

/** More of a text is in the row of the run. */
const TEXT_CHARACTERS = 500;

/** How long a stage took. */
export const TOOK = `jsonb_build_object('ms', ${MS})`;

/** Where an attempt ended before its time. */
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
