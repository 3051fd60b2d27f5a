// What people ask of alerts: which fire, and what became of the messages. Reads only.

import type { EpochMs } from '../core/instant.ts';
import type { AlertCondition } from '../definition/alert.ts';
import type { Database } from '../postgres/database.ts';
import { MS } from './run-overview.ts';

export type FiringAlert = {
  readonly id: number;
  readonly condition: AlertCondition;
  readonly view: string;
  readonly since: EpochMs;
  /** A sentence; of when it began, or was told. */
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
