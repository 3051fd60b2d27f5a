// Hostile text in every column that can contain foreign text.

import { changeViews } from '../../support/change-views.ts';
import type { DashboardState } from '../world.ts';

/** Tries to leave an attribute, an element, a comment, a script and a style; to run; and to hide the page. */
export const MARKUP = `"'></bdi></td></pre></title><!--<script>window.wasRun=1</script><img src=x onerror="window.wasRun=1"><svg onload=window.wasRun=1><iframe srcdoc="<script>parent.wasRun=1</script>"></iframe><style>*{display:none}</style><base href=//example.org/><a href=javascript:window.wasRun=1>click</a>`;
const UNSEEN =
  '\u001b]8;;http://example.org\u0007\u001b[31mred\u001b[0m\u202egnp.exe\u2066\u200b\ufeff\u0085\u2028\u0001';
/** Each character takes as many bytes as possible on a page. */
const HEAVY = `${'"'.repeat(400)}${'\u202e'.repeat(400)}`.repeat(1_250);

export const HOSTILE = `${MARKUP}${UNSEEN}`;
/** A megabyte, and more in UTF-8. */
export const LONG = `${HOSTILE}${HEAVY}`;

/** Fills all foreign text. Values that are validated, such as view names, stay valid. */
export async function plantHostileText({ app, sql, backfills, runs }: DashboardState): Promise<void> {
  const text = [LONG];
  await changeViews(app.database, 'stock', { description: LONG, query: LONG, columns: { value: LONG } });
  await sql(
    `update millrace.view set spec = jsonb_set(spec, '{features,0,column}', to_jsonb($1::text)),
            paused_kind = 'person', paused_reason = $1, paused_by = $1, paused_at = millrace.now(), rebuild_reason = 'emptied' where name = 'stock'`,
    text,
  );
  const error = JSON.stringify({ code: 'SOURCE_QUERY', message: LONG, owner: 'author' });
  await sql(`update millrace.run set owner = $1 where id = $2`, [LONG, runs.failed]);
  await sql(`update millrace.run set error = $1 where state = 'failed'`, [error]);
  await sql(
    `update millrace.run set state = 'failed', error = $1 where reason = 'manual' and id % 2 = 0 and state = 'done'`,
    [error],
  );
  await sql(
    `update millrace.run set owner = null, waiting_for = $1, not_before = millrace.now() + interval '1 hour'
      where state in ('planned', 'active')`,
    [JSON.stringify({ kind: 'text', facts: { text: LONG } })],
  );
  await sql(`update millrace.run set notes = jsonb_build_array($1::text) where id = $2`, [LONG, runs.refused]);
  await sql(
    `insert into millrace.event (view_id, run_id, kind, note) select view_id, id, 'released', $1 from millrace.run where id = $2`,
    [JSON.stringify({ kind: 'text', facts: { text: LONG } }), runs.failed],
  );
  const files = JSON.stringify(
    Array.from({ length: 60 }, (_, place) => [`${place} ${HOSTILE}${HEAVY.slice(0, 2_000)}`, HOSTILE, place]),
  );
  await sql(
    `insert into millrace.run_files (run_id, files) values ($1, $2), ($3, $2)
     on conflict (run_id) do update set files = excluded.files`,
    [runs.failed, files, runs.refused],
  );
  const facts = JSON.stringify({ runs: 5, run: 7, code: 'SOURCE_QUERY', message: [{ value: LONG }] });
  await sql(
    `update millrace.backfill set asked_by = $1, state = 'paused', paused_kind = 'circuit', paused_facts = $3 where id = $2`,
    [LONG, backfills.running, facts],
  );
  await sql(`update millrace.backfill set asked_by = $1, paused_kind = 'circuit', paused_facts = $3 where id = $2`, [
    LONG,
    backfills.partial,
    facts,
  ]);
  await sql(`update millrace.backfill_chunk set skipped = $1 where backfill_id = $2 and run_id is null`, [
    LONG,
    backfills.running,
  ]);
  await sql(
    `insert into millrace.quarantine (view_id, run_id, reason, detail, row)
     select view_id, id, 'value_null', $1, jsonb_build_object('entity_id', $1::text, $2::text, $1::text)
       from millrace.run, generate_series(1, 60) n where id = $3`,
    [LONG, HOSTILE, runs.refused],
  );
  await sql(
    `insert into millrace.alert (rule, kind, view_id, since, facts) select $1::text || n, 'run_failed', v.id, millrace.now(), $2::jsonb from millrace.view v, generate_series(1, 20) n where name = 'stock'`,
    [HOSTILE, JSON.stringify({ run: 7, failures: 1, error: { code: 'SOURCE_QUERY', message: LONG, owner: 'author' } })],
  );
  await sql(`update millrace.process set host = $1, version = $1`, text);
}
