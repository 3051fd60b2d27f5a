// The clock of a test in the query of a view: calls such as current_timestamp become the time of the test.
//
// No engine has a clock that can be set for all of these: they are keywords in Postgres, and functions of the server in
// MySQL and DuckDB. now() in Postgres is a function of the fixture, because functions and views call it too.

import type { EpochMs } from '../core/instant.ts';
import { codeOf } from '../definition/query/code-words.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';

type ClockCall = {
  /** Words, of which those in `functions` need parentheses, and the others may have them. */
  readonly functions: readonly string[];
  readonly keywords: readonly string[];
  readonly literal: (time: Time) => string;
};

/** `2026-01-03 00:00:00.000` and `2026-01-03`, in UTC. */
type Time = { readonly second: string; readonly day: string };

const CALLS: Readonly<Record<'postgres' | 'mysql' | 'duckdb', readonly ClockCall[]>> = {
  postgres: [
    {
      functions: ['transaction_timestamp', 'statement_timestamp', 'clock_timestamp'],
      keywords: ['current_timestamp'],
      literal: ({ second }) => `timestamptz '${second}+00'`,
    },
    { functions: [], keywords: ['localtimestamp'], literal: ({ second }) => `timestamp '${second}'` },
    { functions: [], keywords: ['current_date'], literal: ({ day }) => `date '${day}'` },
  ],
  mysql: [
    {
      functions: ['now', 'sysdate'],
      keywords: ['current_timestamp', 'localtimestamp', 'localtime', 'utc_timestamp'],
      literal: ({ second }) => `timestamp'${second}'`,
    },
    { functions: ['curdate'], keywords: ['current_date', 'utc_date'], literal: ({ day }) => `date'${day}'` },
  ],
  duckdb: [
    {
      functions: ['now', 'transaction_timestamp', 'get_current_timestamp'],
      keywords: ['current_timestamp'],
      literal: ({ second }) => `timestamptz '${second}+00'`,
    },
    {
      functions: ['current_localtimestamp'],
      keywords: ['localtimestamp'],
      literal: ({ second }) => `timestamp '${second}'`,
    },
    { functions: ['today'], keywords: ['current_date'], literal: ({ day }) => `date '${day}'` },
  ],
};

/** The query with the calls of the clock replaced by a time. Other dialects stay as they are. */
export function withClock(query: string, dialect: SqlDialect, now: EpochMs): string {
  const calls = Object.entries(CALLS).find(([name]) => name === dialect)?.[1] ?? [];
  const iso = new Date(now).toISOString();
  const time = { second: iso.slice(0, 23).replace('T', ' '), day: iso.slice(0, 10) };
  return calls.reduce((text, call) => replaced(text, dialect, { ...call, to: call.literal(time) }), query);
}

type Replacing = Pick<ClockCall, 'functions' | 'keywords'> & { readonly to: string };

/** From the end, so that the offsets stay. Names after a point are columns. */
function replaced(query: string, dialect: SqlDialect, { functions, keywords, to }: Replacing): string {
  const optional = keywords.map((word) => `${word}(?![\\w$])(?:\\s*\\(\\s*\\d*\\s*\\))?`);
  const called = functions.map((word) => `${word}\\s*\\(\\s*\\d*\\s*\\)`);
  const pattern = new RegExp(`(?<![.\\w$])(?:${[...optional, ...called].join('|')})`, 'gi');
  let text = query;
  for (const found of [...codeOf(query, dialect).matchAll(pattern)].toReversed()) {
    text = `${text.slice(0, found.index)}${to}${text.slice(found.index + found[0].length)}`;
  }
  return text;
}
