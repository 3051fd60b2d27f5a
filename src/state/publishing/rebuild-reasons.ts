// Reasons for rebuilding a view online. Rebuilds requested through a definition or a command raise no alert; the other
// reasons mean that the store could not be trusted.

export const REBUILD_REASONS = [
  'ttl',
  'features',
  'command',
  /** The store contains publish numbers that Postgres never assigned. */
  'publish_numbers',
  /** The store was emptied, or restarted without its data. */
  'emptied',
  /** The store is an older copy. */
  'older',
  /** The server was restarted, or a replica was promoted. */
  'server',
  /** A publish finished online without a record in Postgres. */
  'unrecorded',
  /** The store's own record was damaged. */
  'damaged',
  /** Postgres is older than the store: one of them was restored from a backup. */
  'restored',
  /** From an earlier release. */
  'other',
] as const;

export type RebuildReason = (typeof REBUILD_REASONS)[number];

/** These raise no alert. */
export const REBUILD_ASKED_FOR: readonly RebuildReason[] = ['ttl', 'features', 'command'];
