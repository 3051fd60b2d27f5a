// Pushes with an idempotency key: the same request gets the same response, and a different one is refused.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';

/** Whose key it is, and the digest of the request. */
export type PushKey = { readonly actor: string; readonly key: string; readonly digest: string };

/** `new`: the request is the first with its key. `other`: another request had the key. */
export type KnownPush<Result> =
  | { readonly kind: 'new' }
  | { readonly kind: 'same'; readonly result: Result }
  | { readonly kind: 'other' };

/**
 * Takes the key for this request, in the transaction that stores its rows; waits for a request with the same key that is not
 * committed yet.
 */
export async function takePushKey<Result>(
  session: Session,
  { actor, key, digest }: PushKey,
): Promise<KnownPush<Result>> {
  const taken = await session.run(
    `insert into millrace.push (actor, key, digest, result) values ($1, $2, $3, '{}') on conflict do nothing`,
    [actor, key, digest],
  );
  if (taken > 0) return { kind: 'new' };
  const known = await findPush<Result>(session, { actor, key, digest });
  return known.kind === 'new' ? { kind: 'other' } : known;
}

/** What is recorded for the key of a request; `new` also while another request with the key is not committed yet. */
export async function findPush<Result>(
  database: Database | Session,
  { actor, key, digest }: PushKey,
): Promise<KnownPush<Result>> {
  const [known] = await database.query<{ digest: string; result: Result }>(
    'select digest, result from millrace.push where actor = $1 and key = $2',
    [actor, key],
  );
  if (known === undefined) return { kind: 'new' };
  return known.digest === digest ? { kind: 'same', result: known.result } : { kind: 'other' };
}

/** Records the response to a request that has taken its key. */
export async function recordPush(session: Session, { actor, key }: PushKey, result: unknown): Promise<void> {
  await session.run('update millrace.push set result = $3 where actor = $1 and key = $2', [
    actor,
    key,
    JSON.stringify(result),
  ]);
}

const KEPT = `interval '24 hours'`;
const DELETED_PER_STEP = 10_000;
/** Together more than all processes of an API can take in a minute; what is left follows in the next pass. */
const STEPS_MAX = 50;

/** Deletes old keys, and old counts of refused rows, in short statements. */
export async function forgetPushes(database: Database): Promise<void> {
  for (const table of ['push', 'inbox_refused']) {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const deleted = await database.run(
        `delete from millrace.${table} where ctid = any(array(
           select ctid from millrace.${table} where at < millrace.now() - ${KEPT} limit ${DELETED_PER_STEP}))`,
      );
      if (deleted < DELETED_PER_STEP) break;
    }
  }
}
