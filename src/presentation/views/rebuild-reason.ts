// Why a view is rebuilt in the online store, as a part of a sentence.

import type { RebuildReason } from '../../state/publishing/rebuild-reasons.ts';

const REASONS: Readonly<Record<RebuildReason, string>> = {
  ttl: 'its ttl changed',
  features: 'its features changed',
  command: 'a rebuild was requested',
  publish_numbers: 'the online store has publish numbers that Postgres never issued',
  emptied: 'the online store was emptied, or restarted without its data',
  older: 'the online store was replaced by an older copy',
  server: 'the Redis server was restarted, or failed over to another one',
  unrecorded: 'a publish reached the online store without being recorded',
  damaged: 'the metadata in the online store was damaged',
  restored:
    'the online store is newer than Postgres: one of them was restored from a backup, or another project uses the same prefix on this Redis server',
  other: 'an earlier release requested it',
};

export function rebuildText(reason: RebuildReason): string {
  return REASONS[reason];
}
