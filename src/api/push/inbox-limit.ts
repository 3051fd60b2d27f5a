// A limit on the rows of a view that wait in the inbox, so that a stopped worker does not fill the disk.

import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../postgres/database.ts';
import { rowsInInbox } from '../../state/inbox/waiting.ts';
import { Problem } from '../problem.ts';

const CHECKED_MS = 1_000;
const RETRY_AFTER_S = '5';

/** Refuses a push to a view with a full inbox, which is looked up once a second. @throws Problem INBOX_FULL */
export type InboxLimit = (view: { readonly id: number; readonly name: string }) => Promise<void>;

export function openInboxLimit(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  rowsMax: number,
): InboxLimit {
  const seen = new Map<number, { readonly rows: Promise<number>; readonly at: number }>();
  return async ({ id, name }) => {
    const now = clock.monotonicMs();
    let known = seen.get(id);
    if (known === undefined || now - known.at > CHECKED_MS) {
      known = { rows: rowsInInbox(database, id), at: now };
      seen.set(id, known);
      known.rows.catch(() => seen.delete(id));
    }
    if ((await known.rows) < rowsMax) return;
    throw new Problem(
      'INBOX_FULL',
      `${rowsMax} rows of ${name} wait to be stored, which is the limit: check that a worker is running, or raise api.limits.inbox_rows.`,
      { headers: { 'retry-after': RETRY_AFTER_S } },
    );
  };
}
