// A view that stops being of kind pushed: no run of another kind would ever read its inbox.

import { Failure } from '../../core/failure.ts';
import { command, safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Session } from '../../postgres/session.ts';

type Deployed = { readonly id: number; readonly view: FeatureView };

/**
 * Makes sure that a view that stops being of kind pushed has no waiting rows, and gets none until the transaction ends. Other
 * views pass. @throws Failure DEFINITION_INVALID
 */
export async function requireDrained(session: Session, { id, view }: Deployed, after: FeatureView): Promise<void> {
  if (view.kind !== 'pushed' || after.kind === 'pushed') return;
  // A push holds a share of this lock from its first row to its commit.
  await session.query('select id from millrace.view where id = $1 for update', [id]);
  const [waiting] = await session.query<{ rows: number }>(
    'select coalesce(sum(rows), 0)::bigint as rows from millrace.inbox where view_id = $1',
    [id],
  );
  const rows = waiting?.rows ?? 0;
  if (rows === 0) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`${safe(view.name)} cannot change its kind from pushed to ${safe(after.kind)} while pushed rows are waiting to be stored (${safe(rows)}): deploy the earlier definition, stop pushing, and wait until "${command(`millrace status ${view.name}`)}" shows no waiting rows.`,
    { view: view.name, rows },
  );
}
