// Publishing every entity of a view, and removing those that offline does not have: after a flush, a failover, a
// restored backup, or a change of ttl or features. Commits continue meanwhile; their debt is published after it.

import {
  beginSnapshot,
  endSnapshot,
  entitiesWithoutRows,
  lastEntity,
  newestSlice,
  withoutRows,
} from '../offline/newest.ts';
import type { CopyLines } from '../postgres/copy-lines.ts';
import { readCovered } from '../state/publishing/publish-scope.ts';
import { recordRebuilt } from '../state/publishing/publishing.ts';
import { shownNow } from '../state/views/complete.ts';
import { sameColumns } from '../state/views/value-feature.ts';
import type { PublisherOptions } from './lease.ts';
import { metGreaterNumbers, type Publication, type Published, performPublish } from './publication.ts';
import { onlineEntities } from './scan.ts';
import { addWritten, NOTHING_WRITTEN, type Written } from './writing/guard.ts';
import { writeRows } from './writing/writer.ts';

/** One snapshot of the offline store each: long enough to be quick, short enough for its vacuum. */
const ENTITIES_PER_SLICE = 100_000;

/**
 * Rebuilds a view online under one publish, in slices, and withdraws the request for it unless it was made again
 * meanwhile. Rows that are right already are not written. Repeating it is harmless; null as with publishRun.
 *
 * @throws as publishRun
 */
export async function rebuildView(options: RebuildOptions): Promise<Published | null> {
  try {
    return await rebuildOnce(options);
  } catch (error) {
    // Repaired by the caller, rather than by the scheduler a minute later.
    if (metGreaterNumbers(error)) return rebuildOnce(options);
    throw error;
  }
}

export type RebuildOptions = PublisherOptions & { readonly entitiesPerSlice?: number };

async function rebuildOnce(options: RebuildOptions): Promise<Published | null> {
  const entitiesPerSlice = options.entitiesPerSlice ?? ENTITIES_PER_SLICE;
  return performPublish(options, {
    write: async (publication) => {
      // Read before any row: what is committed later stays in the debt.
      const scope = await readCovered(options.database, options.viewId);
      const present = await writeSlices(options, publication, entitiesPerSlice);
      return { scope, written: addWritten(present, await removeExtras(options, publication)) };
    },
    alsoRecord: recordRebuilt,
  });
}

async function writeSlices(
  options: PublisherOptions,
  publication: Publication,
  entitiesPerSlice: number,
): Promise<Written> {
  let written = NOTHING_WRITTEN;
  let before: string | null = null;
  for (;;) {
    const slice: Slice = await writeSlice(options, publication, before, entitiesPerSlice);
    written = addWritten(written, slice.written);
    if (slice.entities < entitiesPerSlice) return written;
    before = slice.last;
  }
}

type Slice = { readonly written: Written; readonly entities: number; readonly last: string | null };

function writeSlice(
  { database, online }: PublisherOptions,
  { lease, guard, signal }: Publication,
  before: string | null,
  entitiesPerSlice: number,
): Promise<Slice> {
  return database.session(async (session) => {
    const now = await beginSnapshot(session, lease.view, {
      sameColumns: sameColumns(lease.view),
      idleLimit: online.pace?.idleLimit,
    });
    const query = { session, view: lease.view, now, batchRows: guard.batchRows, shown: shownNow(lease.view) };
    let entities = 0;
    let last: string | null = null;
    const noted = async function* (batches: AsyncIterable<CopyLines>) {
      for await (const batch of batches) {
        entities += batch.rows;
        last = lastEntity(lease.view, batch);
        yield batch;
      }
    };
    const rows = noted(newestSlice(query, before, entitiesPerSlice));
    const written = await writeRows(guard, rows, 'rebuilt', signal);
    await endSnapshot(session);
    return { written, entities, last };
  }, signal);
}

async function removeExtras(
  { database, online }: PublisherOptions,
  { lease, guard, signal }: Publication,
): Promise<Written> {
  const extras = async function* () {
    for await (const candidates of onlineEntities(online, lease.view.name, signal)) {
      const gone = await entitiesWithoutRows(database, lease.view, candidates, shownNow(lease.view));
      for (let from = 0; from < gone.length; from += guard.batchRows) {
        yield withoutRows(lease.view, gone.slice(from, from + guard.batchRows));
      }
    }
  };
  return writeRows(guard, extras(), 'rebuilt', signal);
}
