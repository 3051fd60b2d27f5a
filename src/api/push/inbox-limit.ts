// A limit on the rows of a view that wait in the inbox, so that a stopped worker does not fill the disk.

import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../postgres/database.ts';
import { isInboxFull } from '../../state/inbox/waiting.ts';
import { Problem } from '../problem.ts';

const CHECKED_MS = 1_000;
/** Counting a large inbox takes time: it is counted at most a tenth of the time. */
const PAUSES_PER_COUNT = 9;
const RETRY_AFTER_S = '5';

/** Refuses a push to a view with a full inbox, which is looked up at most once a second. @throws Problem INBOX_FULL */
export type InboxLimit = (view: { readonly id: number; readonly name: string }) => Promise<void>;

/** `until` is when it is counted again. */
type Counted = { readonly isFull: Promise<boolean>; until: number };

export function openInboxLimit(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  rowsMax: number,
): InboxLimit {
  const seen = new Map<number, Counted>();
  const count = (id: number): Counted => {
    const begun = clock.monotonicMs();
    const counted: Counted = { isFull: isInboxFull(database, id, rowsMax), until: Number.POSITIVE_INFINITY };
    counted.isFull.then(
      () => {
        const now = clock.monotonicMs();
        counted.until = now + Math.max(CHECKED_MS, PAUSES_PER_COUNT * (now - begun));
      },
      () => seen.delete(id),
    );
    return counted;
  };
  return async ({ id, name }) => {
    let known = seen.get(id);
    if (known === undefined || clock.monotonicMs() > known.until) {
      known = count(id);
      seen.set(id, known);
    }
    if (!(await known.isFull)) return;
    throw new Problem(
      'INBOX_FULL',
      `The inbox of ${name} is full (api.limits.inbox_rows: ${rowsMax}): check that a worker is running, or raise the limit.`,
      { headers: { 'retry-after': RETRY_AFTER_S } },
    );
  };
}
