// What people ask of alerts: which fire, and what became of the messages. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { AlertCondition } from '../../definition/alert.ts';
import type { Database } from '../../postgres/database.ts';
import { MS } from '../queries/run-overview.ts';

export type FiringAlert = {
  readonly id: number;
  readonly condition: AlertCondition;
  readonly view: string;
  readonly since: EpochMs;
  /** A sentence, of when it began, or was told: what goes on is not looked at again for it. */
  readonly what: string;
  /** Null while the rule rests after an earlier message about the view. */
  readonly toldAt: EpochMs | null;
};

export type FiringAlerts = { readonly total: number; readonly alerts: readonly FiringAlert[] };

/** The alerts that fire now, the newest first, at most `limit` of them; and how many there are. */
export async function firingAlerts(database: Database, limit = 50): Promise<FiringAlerts> {
  const alerts = await database.query<FiringAlert & { total: number }>(
    `select a.id, a.kind as condition, v.name as view, ${MS('a.since')} as since, a.what, ${MS('a.told_at')} as "toldAt",
            count(*) over ()::int as total
       from millrace.alert a join millrace.view v on v.id = a.view_id
      where a.resolved_at is null order by a.id desc limit $1`,
    [limit],
  );
  return { total: alerts[0]?.total ?? 0, alerts: alerts.map(({ total: _, ...alert }) => alert) };
}

/** What fires of one condition: about how many views, and the first of their names. */
export type FiringCondition = {
  readonly condition: AlertCondition;
  readonly views: number;
  readonly names: readonly string[];
  /** Of the oldest of its alerts. */
  readonly since: EpochMs;
  /** The sentence of its newest alert, of when it began, or was told. */
  readonly what: string;
};

/** What fires now, condition by condition, the newest first, with at most `names` names for each. */
export function firingConditions(database: Database, names: number): Promise<FiringCondition[]> {
  return database.query<FiringCondition>(
    `select a.kind as condition, count(distinct v.id)::int as views, ${MS('min(a.since)')} as since,
            to_jsonb((array_agg(distinct v.name order by v.name))[1:$1::int]) as names, (array_agg(a.what order by a.id desc))[1] as what
       from millrace.alert a join millrace.view v on v.id = a.view_id
      where a.resolved_at is null group by a.kind order by max(a.id) desc`,
    [names],
  );
}

/** What fires about each of these views; nothing for those that nothing fires about. */
export async function conditionsOf(
  database: Database,
  views: readonly string[],
): Promise<ReadonlyMap<string, readonly AlertCondition[]>> {
  const rows = await database.query<{ view: string; conditions: AlertCondition[] }>(
    `select v.name as view, jsonb_agg(distinct a.kind) as conditions
       from millrace.alert a join millrace.view v on v.id = a.view_id
      where a.resolved_at is null and v.name = any($1) group by v.name`,
    [views],
  );
  return new Map(rows.map(({ view, conditions }) => [view, conditions]));
}

export type DeliveryState = 'pending' | 'sent' | 'dead';

export type AlertDelivery = {
  readonly id: string;
  readonly target: string;
  readonly state: DeliveryState;
  readonly status: 'firing' | 'resolved';
  readonly summary: string;
  readonly tries: number;
  readonly madeAt: EpochMs;
  /** When it arrived, or was given up. */
  readonly closedAt: EpochMs | null;
  /** When it is tried again. */
  readonly nextAt: EpochMs | null;
  /** What its last try came to, where it was not taken. */
  readonly error: string | null;
};

export type DeliveryFilter = {
  readonly states?: readonly DeliveryState[];
  readonly limit?: number;
};

/** The newest deliveries of the last month in these states, newest first. */
export function alertDeliveries(
  database: Database,
  { states, limit = 20 }: DeliveryFilter = {},
): Promise<AlertDelivery[]> {
  return database.query<AlertDelivery>(
    `select d.id, d.target, d.state, m.status, m.body->>'summary' as summary, d.tries, ${MS('m.at')} as "madeAt",
            ${MS('d.closed_at')} as "closedAt",
            case when d.state = 'pending' and d.tries > 0 then ${MS('d.not_before')} end as "nextAt", d.error
       from millrace.alert_message m join millrace.alert_delivery d on d.message_id = m.id
      where $1::text[] is null or d.state = any($1)
      order by m.id desc, d.target limit $2`,
    [states ?? null, limit],
  );
}
