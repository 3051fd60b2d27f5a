// Entities with removed rows that are not published yet. The offline store, which knows no table of the state, embeds
// these in its own statements: removed entities must be recorded and read together with the rows.

import type { Session } from '../../postgres/session.ts';
import type { Run } from './run.ts';

/** SQL that records, for a run, the entities of a query with one column, `entity_id`. */
export function noteRemoved(viewId: number, runId: number): (entities: string) => string {
  return (entities) => `
    insert into millrace.removed (view_id, run_id, entity_id)
    select ${Number(viewId)}, ${Number(runId)}, entity_id from (${entities}) removed on conflict do nothing`;
}

/** SQL: the entities with rows that these runs removed. */
export function removedEntities(viewId: number, runIds: readonly number[]): string {
  return `select distinct entity_id from millrace.removed
           where view_id = ${Number(viewId)} and run_id in (${runIds.map(Number).join(', ')})`;
}

/** How many entities with rows that a run removed have no staged row, and how many entities have one. */
export async function countReplaced(
  session: Session,
  { id, viewId }: Pick<Run, 'id' | 'viewId'>,
  staging: string,
): Promise<{ missing: number; accepted: number }> {
  const [counts] = await session.query<{ missing: number; accepted: number }>(
    `with staged as materialized (select distinct entity_id from ${staging})
     select (select count(*) from millrace.removed d
              where d.view_id = $1 and d.run_id = $2
                and not exists (select from staged s where s.entity_id = d.entity_id)) as missing,
            (select count(*) from staged) as accepted`,
    [viewId, id],
  );
  return counts ?? { missing: 0, accepted: 0 };
}
