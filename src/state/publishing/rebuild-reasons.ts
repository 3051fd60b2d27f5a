// Why a view is written again online. Where somebody asked for it, by a definition or a command, that is no alert; all other
// reasons are of a store that could not be trusted.

export const REBUILD_REASONS = [
  'ttl',
  'features',
  'command',
  /** The store holds publish numbers that Postgres never gave out. */
  'publish_numbers',
  /** The store was emptied, or restarted without its data. */
  'emptied',
  /** The store is an older one. */
  'older',
  /** The server was restarted, or another one has taken over. */
  'server',
  /** A publish ended online without a record of it. */
  'unrecorded',
  /** The store's record of itself was damaged. */
  'damaged',
  /** Postgres is older than the store: one of them was restored from a backup. */
  'restored',
  /** Of an earlier release. */
  'other',
] as const;

export type RebuildReason = (typeof REBUILD_REASONS)[number];

/** Those that raise no alert. */
export const REBUILD_ASKED_FOR: readonly RebuildReason[] = ['ttl', 'features', 'command'];
