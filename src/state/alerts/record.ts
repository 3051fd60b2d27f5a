// What is remembered of alerts, so that each is told once: every function is one step of a look, in its transaction.

import type { AlertEnd, AlertRule } from '../../definition/alert.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { lockUntilCommit } from '../locks.ts';
import { IS_REDACTED, type ViewRedaction } from '../redaction.ts';
import { type AlertFacts, type FailingView, namedBy, redactFacts, type StoredFacts } from './conditions.ts';

/** An alert that is to be told, or was told and is over. Times are ISO texts. */
export type Alert = {
  readonly id: number;
  readonly view: string;
  readonly since: string;
  readonly until: string | null;
  readonly facts: AlertFacts;
};

/** One that has ended, with the targets that were told of its beginning, or are about to be. */
export type EndedAlert = Alert & { readonly ended: AlertEnd; readonly targets: readonly string[] };

/** One whose rule there is no more. */
export type OrphanedAlert = EndedAlert & { readonly rule: string; readonly kind: string };

type Stored<A extends Alert> = Omit<A, 'facts'> & ViewRedaction & { readonly facts: StoredFacts };

function told<A extends ViewRedaction & { readonly facts: StoredFacts }>({ isRedacted, facts, ...alert }: A) {
  return { ...alert, facts: redactFacts(facts, { isRedacted }) };
}

const KEPT_DAYS = 30;

const ISO = (instant: string) => `to_char(${instant}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const ALERT = `a.id, v.name as view, ${ISO('a.since')} as since, ${ISO('a.resolved_at')} as until, a.facts, ${IS_REDACTED} as "isRedacted"`;
const TARGETS = `(select coalesce(jsonb_agg(target order by target), '[]') from millrace.alert_delivery
                  where message_id = a.firing_message and state <> 'dead') as targets`;

/** Keeps every other look out until the transaction ends: two would wait for each other's rows. Tells the time. */
export async function beginLook(session: Session): Promise<string> {
  await lockUntilCommit(session, 'alertLook');
  const [row] = await session.query<{ now: string }>(`select ${ISO('millrace.now()')} as now`);
  return row?.now ?? '';
}

/**
 * Begins alerts for the views in trouble that have none, ends those of all others, and returns the ended ones that
 * somebody was told of, by view.
 */
export async function settleAlerts(
  session: Session,
  rule: Pick<AlertRule, 'id' | 'when' | 'views'>,
  troubles: readonly FailingView[],
): Promise<EndedAlert[]> {
  await session.run(
    `insert into millrace.alert (rule, kind, view_id, since, facts)
     select $1, $2, t."viewId", t.since, t.facts
       from jsonb_to_recordset($3::jsonb) t ("viewId" bigint, since timestamptz, facts jsonb)
     on conflict (rule, view_id) where resolved_at is null do nothing`,
    [rule.id, rule.when, JSON.stringify(troubles)],
  );
  const { names, tags } = namedBy(rule);
  const ended = await session.query<Stored<EndedAlert>>(
    `with a as (
       update millrace.alert set resolved_at = millrace.now()
        where rule = $1 and resolved_at is null and view_id <> all($2) returning *)
     select ${ALERT}, ${TARGETS},
            case when v.retired_at is null and ($3::text[] is null or v.name = any($3) or v.tags && $4)
                  and (a.kind <> 'freshness_missed' or v.freshness is not null)
                 then 'over' else 'view_left' end as ended
       from a join millrace.view v on v.id = a.view_id where a.told_at is not null order by ended, v.name`,
    [rule.id, troubles.map(({ viewId }) => viewId), names, tags],
  );
  return ended.map(told);
}

/**
 * Marks as told the alerts of the rule that nobody was told of, but for views that it told of within its cool-down; they are
 * returned, by view.
 */
export async function takeUnsent(
  session: Session,
  rule: { readonly id: string; readonly cooldownMs: number },
  troubles: readonly FailingView[],
): Promise<Alert[]> {
  if (troubles.length === 0) return [];
  const taken = await session.query<Stored<Alert>>(
    `with a as (
       update millrace.alert one set told_at = millrace.now(), facts = t.facts
         from jsonb_to_recordset($3::jsonb) t ("viewId" bigint, facts jsonb)
        where one.rule = $1 and one.view_id = t."viewId" and one.resolved_at is null and one.told_at is null
          and not exists (
            select from millrace.alert before
             where before.rule = one.rule and before.view_id = one.view_id
               and before.told_at > millrace.now() - make_interval(secs => $2::float8 / 1000))
       returning one.*)
     select ${ALERT} from a join millrace.view v on v.id = a.view_id order by v.name`,
    [rule.id, rule.cooldownMs, JSON.stringify(troubles)],
  );
  return taken.map(told);
}

/** Ends the alerts of rules that there are no more, and returns those that somebody was told of, by rule and view. */
export async function endOtherRules(session: Session, rules: readonly string[]): Promise<OrphanedAlert[]> {
  const ended = await session.query<Stored<OrphanedAlert>>(
    `with a as (
       update millrace.alert set resolved_at = millrace.now() where resolved_at is null and rule <> all($1) returning *)
     select ${ALERT}, ${TARGETS}, 'rule_gone' as ended, a.rule, a.kind
       from a join millrace.view v on v.id = a.view_id where a.told_at is not null order by a.rule, v.name`,
    [rules],
  );
  return ended.map(told);
}

export type NewMessage = {
  readonly rule: string;
  readonly status: 'firing' | 'resolved';
  readonly body: unknown;
  readonly targets: readonly string[];
  /** The alerts that it tells of. */
  readonly alerts: readonly number[];
};

/** Puts a message on its way to each of its targets. */
export async function addMessage(session: Session, { rule, status, body, targets, alerts }: NewMessage): Promise<void> {
  const [message] = await session.query<{ id: number }>(
    'insert into millrace.alert_message (rule, status, body) values ($1, $2, $3) returning id',
    [rule, status, JSON.stringify(body)],
  );
  const column = status === 'firing' ? 'firing_message' : 'resolved_message';
  await session.run(`update millrace.alert set ${column} = $1 where id = any($2)`, [message?.id, alerts]);
  await session.run('insert into millrace.alert_delivery (message_id, target) select $1, unnest($2::text[])', [
    message?.id,
    targets,
  ]);
}

/** Forgets alerts that were over a month ago, and messages as old. */
export async function forgetOldAlerts(database: Database): Promise<void> {
  const old = `millrace.now() - make_interval(days => ${KEPT_DAYS})`;
  await database.run(`delete from millrace.alert where resolved_at < ${old}`);
  await database.run(
    `delete from millrace.alert_message m
      where at < ${old} and not exists (select from millrace.alert where firing_message = m.id and resolved_at is null)`,
  );
}
