// Refused rows of all views since they were deployed, with an example for each reason. Reads only.

import type { Database } from '../../postgres/database.ts';

export type RefusedExample = {
  readonly view: string;
  readonly reason: string;
  /** The sum of the counts of all runs. */
  readonly rows: number;
  /** Of the first stored row; without values if the view is redacted. */
  readonly detail: string;
};

/** By view, the most frequent reason first. */
export async function refusedExamples(database: Database): Promise<RefusedExample[]> {
  return database.query<RefusedExample>(
    `select v.name as view, reason.key as reason, sum(reason.value::int)::int as rows,
            (select detail from millrace.quarantine q
              where q.view_id = v.id and q.reason = reason.key order by q.id limit 1) as detail
       from millrace.run r join millrace.view v on v.id = r.view_id, jsonb_each_text(r.counts->'refusedBy') reason
      group by v.id, reason.key order by v.name, rows desc, reason`,
  );
}
