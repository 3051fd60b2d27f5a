// Messages on their way to targets: claimed for a while, sent outside of any transaction, and then recorded. Whoever dies
// in between has it sent once more, under the same id.

import type { AlertMessage } from '../../definition/reference/alert-message.ts';
import type { Database } from '../../postgres/database.ts';

export type Delivery = {
  readonly id: string;
  readonly target: string;
  /** The try that this is, from 1. */
  readonly tries: number;
  readonly message: AlertMessage;
  /** The clock of the database, in seconds since 1970. */
  readonly at: number;
};

/** A message that could not be sent for so long is news only while what it tells still fires. */
const NEWS_HOURS = 24;

/**
 * The oldest delivery to the target that is due, for `leaseMs`; null where there is none. What one rule tells goes out in
 * its order, so that the last word about a view is the newest, and a target that is away is asked once for all of it; but a
 * message that the target has not taken for a day keeps back nothing except that it is over.
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
     returning d.id, d.target, d.tries, m.body as message, floor(extract(epoch from millrace.now()))::bigint as at`,
    [target, leaseMs, NEWS_HOURS],
  );
  return claimed ?? null;
}

/** It has arrived. Nothing happens where somebody else has claimed it meanwhile, here and below. */
export async function recordSent(database: Database, { id, tries }: Delivery): Promise<void> {
  await database.run(
    `update millrace.alert_delivery set state = 'sent', error = null, lease_until = null, closed_at = millrace.now()
      where id = $1 and tries = $2 and state = 'pending'`,
    [id, tries],
  );
}

/** It is tried again after `delayMs`. */
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

/** It will not arrive. */
export async function giveUpDelivery(database: Database, { id, tries }: Delivery, error: string): Promise<void> {
  await database.run(
    `update millrace.alert_delivery set state = 'dead', error = $3, lease_until = null, closed_at = millrace.now()
      where id = $1 and tries = $2 and state = 'pending'`,
    [id, tries, error],
  );
  await dropUnheard(database);
}

export type DeadDelivery = { readonly id: string; readonly target: string; readonly error: string };

/**
 * Gives up what has been on its way for a day, and returns it: also to targets that are not among the `known` ones, but to
 * those no message of which something still fires, nor that other things it told of are over.
 */
export async function giveUpOld(database: Database, known: readonly string[]): Promise<DeadDelivery[]> {
  const dead = await database.query<DeadDelivery>(
    `update millrace.alert_delivery d
        set state = 'dead', lease_until = null, closed_at = millrace.now(),
            error = coalesce(error, 'nobody sent it: no running scheduler has a target of this name in its millrace.yaml')
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

/** Who never heard that something began is not told that it is over. */
async function dropUnheard(database: Database): Promise<void> {
  await database.run(
    `update millrace.alert_delivery d
        set state = 'dead', closed_at = millrace.now(), error = 'the message of its beginning did not arrive'
       from millrace.alert_message m
      where m.id = d.message_id and m.status = 'resolved' and d.state = 'pending' and d.lease_until is null
        and not exists (
          select from millrace.alert a
            join millrace.alert_delivery begun on begun.message_id = a.firing_message and begun.target = d.target
           where a.resolved_message = m.id and begun.state <> 'dead')`,
  );
}
