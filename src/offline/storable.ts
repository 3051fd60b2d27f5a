// Ids that no stored row can have.

/** Whether a row can have the id: Postgres cannot store U+0000, and an unpaired surrogate is sent as U+FFFD, another id. */
export function isStorable(entityId: string): boolean {
  return entityId.isWellFormed() && !entityId.includes('\0');
}

/** An id as the parameter of a query; null, which matches no row, if no row can have it. */
export function idParameter(entityId: string): string | null {
  return isStorable(entityId) ? entityId : null;
}
