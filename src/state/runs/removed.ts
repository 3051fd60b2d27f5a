// Entities with removed rows that are not published yet. The offline store, which knows no table of the state, embeds
// these in its own statements: removed entities must be recorded and read together with the rows.

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
