// Publishing rows that may not be the newest of their entities: those of a span after which others are covered.
//
// Where a key holds a row, that one is at least as new as all that was published: the guard compares, and nothing else
// need be known. Where it holds none, or nothing that can be read, the newest row of all is looked up by the primary key:
// a key that was deleted or evicted never comes back with an old row. Looking up every entity would cost more than all else
// that a publish does.

import {
  lastEntity,
  type NewestQuery,
  newestOfEntities,
  newestOfEntitiesWithin,
  newestWithin,
  type Rows,
} from '../offline/newest.ts';
import type { CopyLines } from '../postgres/copy-lines.ts';
import type { Publication } from './publication.ts';
import { addWritten, type Guard, type Written } from './writing/guard.ts';
import { writeRows } from './writing/writer.ts';

/** Some megabytes of names. Where more keys hold no row, those of the entities that come after are not asked. */
const UNDECIDED_MAX = 100_000;
const ENTITIES_PER_LOOKUP = 5_000;

/** Brings the entities that have rows among these up to date. Counts each of them once. @throws as publishRun */
export async function writePast(
  { guard, signal }: Pick<Publication, 'guard' | 'signal'>,
  query: NewestQuery,
  rows: Rows,
  undecidedMax = UNDECIDED_MAX,
): Promise<Written> {
  // Whether an entity counts is up to its newest row: of a complete view, each is looked up.
  if (query.shown !== null) return writeRows(guard, newestOfEntitiesWithin(query, rows, null), 'guarded', signal);
  const undecided: string[] = [];
  const noting: Guard = {
    ...guard,
    write: async (...call) => {
      const written = await guard.write(...call);
      undecided.push(...written.undecided);
      return { ...written, undecided: [] };
    },
  };
  let last: string | null = null;
  let isFull = false;
  const asked = async function* (): AsyncGenerator<CopyLines> {
    for await (const batch of newestWithin(query, rows)) {
      isFull ||= undecided.length >= undecidedMax;
      // Read to the end of the stream even so: its session is needed again.
      if (isFull) continue;
      last = lastEntity(query.view, batch);
      yield batch;
    }
  };
  const decided = await writeRows(noting, asked(), 'present', signal);
  const found = await writeRows(guard, lookedUp(query, undecided), 'guarded', signal);
  const known = addWritten(decided, found);
  if (!isFull) return known;
  return addWritten(known, await writeRows(guard, newestOfEntitiesWithin(query, rows, last), 'guarded', signal));
}

async function* lookedUp(query: NewestQuery, entityIds: readonly string[]): AsyncGenerator<CopyLines> {
  for (let from = 0; from < entityIds.length; from += ENTITIES_PER_LOOKUP) {
    yield* newestOfEntities(query, entityIds.slice(from, from + ENTITIES_PER_LOOKUP), 'left out');
  }
}
