// Why a view is written again online, as a part of a sentence.

import type { RebuildReason } from '../../state/publishing/rebuild-reasons.ts';

const REASONS: Readonly<Record<RebuildReason, string>> = {
  ttl: 'its ttl changed',
  features: 'its features changed',
  command: 'asked for',
  publish_numbers: 'the online store holds publish numbers that Postgres never gave out',
  emptied: 'the online store was emptied, or restarted without its data',
  older: 'the online store is an older one',
  server: 'the Redis server was restarted, or another one has taken over',
  unrecorded: 'a publish ended online without a record of it',
  damaged: 'the online store’s record of itself was damaged',
  restored: 'Postgres is older than the online store: one of them was restored from a backup',
  other: 'an earlier release asked for it',
};

export function rebuildText(reason: RebuildReason): string {
  return REASONS[reason];
}
