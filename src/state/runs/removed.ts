// The entities whose rows a commit removed, until they are published. The offline store, which knows no table of the record,
// takes these as parts of its own statements: what is removed must be noted, and read, with the rows themselves.

/** SQL that notes, for a run, the entities of a query with one column, `entity_id`. */
export function noteRemoved(viewId: number, runId: number): (entities: string) => string {
  return (entities) => `
    insert into millrace.removed (view_id, run_id, entity_id)
    select ${Number(viewId)}, ${Number(runId)}, entity_id from (${entities}) gone on conflict do nothing`;
}

/** SQL: the entities whose rows these runs removed. */
export function removedEntities(viewId: number, runIds: readonly number[]): string {
  return `select distinct entity_id from millrace.removed
           where view_id = ${Number(viewId)} and run_id in (${runIds.map(Number).join(', ')})`;
}
