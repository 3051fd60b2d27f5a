// Overview of alerts: which fire, and the status of their messages. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { AlertCondition } from '../../definition/alert.ts';
import type { Database } from '../../postgres/database.ts';
import { MS } from '../queries/run-overview.ts';
import { IS_REDACTED, type ViewRedaction } from '../redaction.ts';
import { type AlertFacts, redactFacts, type StoredFacts } from './conditions.ts';
import { NAMES_REDACTED } from './names-redacted.ts';

type Stored<A> = Omit<A, 'facts'> & ViewRedaction & { readonly facts: StoredFacts };

function redacted<A extends ViewRedaction & { readonly facts: StoredFacts }>({ isRedacted, facts, ...alert }: A) {
  return { ...alert, facts: redactFacts(facts, { isRedacted }) };
}

export type FiringAlert = {
  readonly id: number;
  readonly condition: AlertCondition;
  readonly view: string;
  readonly since: EpochMs;
  /** From the start or the last message; not updated while the alert fires. */
  readonly facts: AlertFacts;
  /** Null while the rule is in its cool-down after an earlier message about the view. */
  readonly toldAt: EpochMs | null;
};

export type FiringAlerts = { readonly total: number; readonly alerts: readonly FiringAlert[] };

/** Firing alerts, newest first, at most `limit`; and their number. */
export async function firingAlerts(database: Database, limit = 50): Promise<FiringAlerts> {
  const alerts = await database.query<Stored<FiringAlert> & { total: number }>(
    `select a.id, a.kind as condition, v.name as view, ${MS('a.since')} as since, a.facts, ${IS_REDACTED} as "isRedacted", ${MS('a.told_at')} as "toldAt",
            count(*) over ()::int as total
       from millrace.alert a join millrace.view v on v.id = a.view_id
      where a.resolved_at is null order by a.id desc limit $1`,
    [limit],
  );
  return { total: alerts[0]?.total ?? 0, alerts: alerts.map(({ total: _, ...alert }) => redacted(alert)) };
}

/** A firing condition: the number of views, and the first names. */
export type FiringCondition = {
  readonly condition: AlertCondition;
  readonly views: number;
  readonly names: readonly string[];
  /** Since when the oldest alert fires. */
  readonly since: EpochMs;
  /** Of the newest alert, from its start or its last message. */
  readonly facts: AlertFacts;
};

/** Firing conditions, newest first, with at most `names` names each. */
export async function firingConditions(database: Database, names: number): Promise<FiringCondition[]> {
  const firing = await database.query<Stored<FiringCondition>>(
    `select a.kind as condition, count(distinct v.id)::int as views, ${MS('min(a.since)')} as since,
            to_jsonb((array_agg(distinct v.name order by v.name))[1:$1::int]) as names, (array_agg(a.facts order by a.id desc))[1] as facts,
            (array_agg(${IS_REDACTED} order by a.id desc))[1] as "isRedacted"
       from millrace.alert a join millrace.view v on v.id = a.view_id
      where a.resolved_at is null group by a.kind order by max(a.id) desc`,
    [names],
  );
  return firing.map(redacted);
}

/** The firing conditions of each of these views; views without any are left out. */
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
  readonly condition: AlertCondition | null;
  /** Null if a view that it names is redacted, since it may not have been when the text was written. */
  readonly summary: string | null;
  /** The first views that it names, and their number. */
  readonly names: readonly string[];
  readonly total: number;
  readonly tries: number;
  readonly madeAt: EpochMs;
  /** When it was delivered or given up. */
  readonly closedAt: EpochMs | null;
  /** When the next try is due. */
  readonly nextAt: EpochMs | null;
  /** The error of the last try, unless it succeeded. */
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
    `select d.id, d.target, d.state, m.status, m.body->'rule'->>'when' as condition,
            case when ${NAMES_REDACTED} then null else m.body->>'summary' end as summary,
            (select coalesce(jsonb_agg(one->>'name'), '[]') from json_array_elements(m.body->'views') one) as names,
            coalesce((m.body->>'total')::int, 0) as total, d.tries, ${MS('m.at')} as "madeAt",
            ${MS('d.closed_at')} as "closedAt",
            case when d.state = 'pending' and d.tries > 0 then ${MS('d.not_before')} end as "nextAt", d.error
       from millrace.alert_message m join millrace.alert_delivery d on d.message_id = m.id
      where $1::text[] is null or d.state = any($1)
      order by m.id desc, d.target limit $2`,
    [states ?? null, limit],
  );
}
