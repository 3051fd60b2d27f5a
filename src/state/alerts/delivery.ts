// Delivery of messages to targets: claimed for a while, sent outside of any transaction, and then recorded. If a
// process dies in between, the message is sent again with the same id.

import type { AlertMessage } from '../../definition/reference/alert-message.ts';
import type { Database } from '../../postgres/database.ts';
import { NAMES_REDACTED } from './names-redacted.ts';

export type Delivery = {
  readonly id: string;
  readonly target: string;
  /** The number of this try, from 1. */
  readonly tries: number;
  readonly message: AlertMessage;
  /** Whether the message names a view that is redacted now, so that it may quote values. */
  readonly namesRedacted: boolean;
  /** The database's clock, in seconds since 1970. */
  readonly at: number;
};

/** After this time without success, a message is worth sending only if its alert still fires. */
const NEWS_HOURS = 24;

/**
 * Claims the oldest due delivery of a target for `leaseMs`; null if there is none. Messages of a rule are sent in
 * order, so that the last message about a view is the newest, and an unavailable target gets one request at a time. A
 * firing message that has failed for a day only blocks its own resolved message.
 */
export async function claimDelivery(database: Database, target: string, leaseMs: number): Promise<Delivery | null> {
  const [claimed] = await database.query<Delivery>(
    `with pending as materialized (
       select d.id, m.status,
              d.message_id > min(d.message_id) filter (where m.at >= millrace.now() - make_interval(hours => $3))
                               over (partition by m.rule) as waits
         from millrace.alert_delivery d join millrace.alert_message m on m.id = d.message_id
        where d.target = $1 and d.state = 'pending'),
     due as (
       select d.id from pending join millrace.alert_delivery d using (id)
        where waits is not true and d.state = 'pending' and d.not_before <= millrace.now()
          and (d.lease_until is null or d.lease_until <= millrace.now())
          and not (pending.status = 'resolved' and exists (
            select from millrace.alert a
              join millrace.alert_delivery begun on begun.message_id = a.firing_message and begun.target = d.target
             where a.resolved_message = d.message_id and begun.state = 'pending'))
        order by d.message_id limit 1 for update of d skip locked)
     update millrace.alert_delivery d
        set tries = tries + 1, lease_until = millrace.now() + make_interval(secs => $2::float8 / 1000)
       from due, millrace.alert_message m
      where d.id = due.id and m.id = d.message_id
     returning d.id, d.target, d.tries, m.body as message, ${NAMES_REDACTED} as "namesRedacted",
               floor(extract(epoch from millrace.now()))::bigint as at`,
    [target, leaseMs, NEWS_HOURS],
  );
  return claimed ?? null;
}

/** The message arrived. Here and below, nothing changes if another process has claimed it in the meantime. */
export async function recordSent(database: Database, { id, tries }: Delivery): Promise<void> {
  await database.run(
    `update millrace.alert_delivery set state = 'sent', error = null, lease_until = null, closed_at = millrace.now()
      where id = $1 and tries = $2 and state = 'pending'`,
    [id, tries],
  );
}

/** Schedules another try after `delayMs`. */
export async function recordFailedTry(
  database: Database,
  { id, tries }: Delivery,
  { error, delayMs }: { readonly error: string; readonly delayMs: number },
): Promise<void> {
  await database.run(
    `update millrace.alert_delivery
        set error = $3, lease_until = null, not_before = millrace.now() + make_interval(secs => $4::float8 / 1000)
      where id = $1 and tries = $2 and state = 'pending'`,
    [id, tries, error, delayMs],
  );
}

/** Gives up on a delivery. */
export async function giveUpDelivery(
  database: Database,
  { id, tries }: Pick<Delivery, 'id' | 'tries'>,
  error: string,
): Promise<void> {
  await database.run(
    `update millrace.alert_delivery set state = 'dead', error = $3, lease_until = null, closed_at = millrace.now()
      where id = $1 and tries = $2 and state = 'pending'`,
    [id, tries, error],
  );
  await dropUnheard(database);
}

export type DeadDelivery = { readonly id: string; readonly target: string; readonly error: string };

/**
 * Gives up on deliveries after a day and returns them, including those to targets that are not `known`. Messages with a
 * firing alert are kept for known targets, and so are the messages that resolve other alerts.
 */
export async function giveUpOld(database: Database, known: readonly string[]): Promise<DeadDelivery[]> {
  const dead = await database.query<DeadDelivery>(
    `update millrace.alert_delivery d
        set state = 'dead', lease_until = null, closed_at = millrace.now(),
            error = coalesce(error, 'not sent: no running scheduler has a target with this name in its millrace.yaml')
       from millrace.alert_message m
      where m.id = d.message_id and d.state = 'pending' and m.at < millrace.now() - make_interval(hours => $1)
        and (d.lease_until is null or d.lease_until <= millrace.now())
        and not (d.target = any($2) and exists (
          select from millrace.alert a
            join millrace.alert_delivery begun
              on begun.message_id = a.firing_message and begun.target = d.target and begun.state = 'pending'
            join millrace.alert open on open.firing_message = a.firing_message and open.resolved_at is null
           where m.id in (a.firing_message, a.resolved_message)))
     returning d.id, d.target, d.error`,
    [NEWS_HOURS, known],
  );
  if (dead.length > 0) await dropUnheard(database);
  return dead;
}

/** Drops resolved messages whose firing message never arrived. */
async function dropUnheard(database: Database): Promise<void> {
  await database.run(
    `update millrace.alert_delivery d
        set state = 'dead', closed_at = millrace.now(), error = 'its firing message did not arrive'
       from millrace.alert_message m
      where m.id = d.message_id and m.status = 'resolved' and d.state = 'pending' and d.lease_until is null
        and not exists (
          select from millrace.alert a
            join millrace.alert_delivery begun on begun.message_id = a.firing_message and begun.target = d.target
           where a.resolved_message = m.id and begun.state <> 'dead')`,
  );
}
