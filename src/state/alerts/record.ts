// The record of alerts, which ensures one message each: every function is a step of a check, in its transaction.

import type { AlertEnd, AlertRule } from '../../definition/alert.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { lockUntilCommit } from '../locks.ts';
import { IS_REDACTED, type ViewRedaction } from '../redaction.ts';
import { type AlertFacts, type FailingView, namedBy, redactFacts, type StoredFacts } from './conditions.ts';

/** An alert to be sent, or one that was sent and is over. Times are ISO strings. */
export type Alert = {
  readonly id: number;
  readonly view: string;
  readonly since: string;
  readonly until: string | null;
  readonly facts: AlertFacts;
};

/** An alert that has ended, with the targets of its firing message. */
export type EndedAlert = Alert & { readonly ended: AlertEnd; readonly targets: readonly string[] };

/** An alert whose rule no longer exists. */
export type OrphanedAlert = EndedAlert & { readonly rule: string; readonly kind: string };

type Stored<A extends Alert> = Omit<A, 'facts'> & ViewRedaction & { readonly facts: StoredFacts };

function redacted<A extends ViewRedaction & { readonly facts: StoredFacts }>({ isRedacted, facts, ...alert }: A) {
  return { ...alert, facts: redactFacts(facts, { isRedacted }) };
}

const KEPT_DAYS = 30;

const ISO = (instant: string) => `to_char(${instant}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const ALERT = `a.id, v.name as view, ${ISO('a.since')} as since, ${ISO('a.resolved_at')} as until, a.facts, ${IS_REDACTED} as "isRedacted"`;
const TARGETS = `(select coalesce(jsonb_agg(target order by target), '[]') from millrace.alert_delivery
                  where message_id = a.firing_message and state <> 'dead') as targets`;

/** Blocks other checks until the transaction ends, since two would wait for each other's rows. Returns the time. */
export async function beginLook(session: Session): Promise<string> {
  await lockUntilCommit(session, 'alertLook');
  const [row] = await session.query<{ now: string }>(`select ${ISO('millrace.now()')} as now`);
  return row?.now ?? '';
}

/**
 * Starts alerts for the failing views that have none, ends those of all other views, and returns the ended alerts that
 * were sent, by view.
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
            case when v.retired_at is null and ($3::text[] is null or v.name = any($3) or v.parts_of = any($3) or v.tags && $4)
                  and (a.kind <> 'freshness_missed' or v.freshness is not null)
                 then 'over' else 'view_left' end as ended
       from a join millrace.view v on v.id = a.view_id where a.told_at is not null order by ended, v.name`,
    [rule.id, troubles.map(({ viewId }) => viewId), names, tags],
  );
  return ended.map(redacted);
}

/**
 * Marks the unsent alerts of a rule as sent and returns them by view, except for views that the rule reported within
 * its cool-down.
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
  return taken.map(redacted);
}

/** Ends the alerts of rules that no longer exist, and returns those that were sent, by rule and view. */
export async function endOtherRules(session: Session, rules: readonly string[]): Promise<OrphanedAlert[]> {
  const ended = await session.query<Stored<OrphanedAlert>>(
    `with a as (
       update millrace.alert set resolved_at = millrace.now() where resolved_at is null and rule <> all($1) returning *)
     select ${ALERT}, ${TARGETS}, 'rule_gone' as ended, a.rule, a.kind
       from a join millrace.view v on v.id = a.view_id where a.told_at is not null order by a.rule, v.name`,
    [rules],
  );
  return ended.map(redacted);
}

export type NewMessage = {
  readonly rule: string;
  readonly status: 'firing' | 'resolved';
  readonly body: unknown;
  readonly targets: readonly string[];
  /** The alerts in the message. */
  readonly alerts: readonly number[];
};

/** Queues a message for each of its targets. */
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

/** The alerts in the message of a delivery, redacted as their views are now. */
export async function alertsOfDelivery(database: Database, deliveryId: string): Promise<Alert[]> {
  const alerts = await database.query<Stored<Alert>>(
    `select ${ALERT} from millrace.alert_delivery d
       join millrace.alert a on d.message_id in (a.firing_message, a.resolved_message)
       join millrace.view v on v.id = a.view_id
      where d.id = $1 order by v.name`,
    [deliveryId],
  );
  return alerts.map(redacted);
}

/**
 * Deletes alerts that ended more than a month ago, and messages of that age. The firing message of an alert is kept as long
 * as the alert: without it, the resolved message would count as one whose firing message did not arrive.
 */
export async function forgetOldAlerts(database: Database): Promise<void> {
  const old = `millrace.now() - make_interval(days => ${KEPT_DAYS})`;
  await database.run(`delete from millrace.alert where resolved_at < ${old}`);
  await database.run(
    `delete from millrace.alert_message m
      where at < ${old} and not exists (select from millrace.alert where firing_message = m.id)`,
  );
}
