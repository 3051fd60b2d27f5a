// An object store as a location of files: listed by the prefixes of the patterns, and fetched to the spool.

import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { eachOf } from './each-of.ts';
import { fetchObject } from './fetch-object.ts';
import { byName, FILES_MAX, type FileLocation, type ListedFile, tooManyFiles } from './file-location.ts';
import { globsMatching, listingsOf } from './globs.ts';
import { type Listing, type ObjectStore, UnexpectedAnswer } from './object-store.ts';
import type { Spool } from './spool.ts';
import { spooledName } from './spooled-name.ts';
import { storeFailure, withRetries } from './store-retries.ts';

export type ObjectFilesOptions = {
  readonly store: ObjectStore;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
};

/** Parallel requests of one reading. */
const LISTINGS_AT_ONCE = 8;
const FETCHES_AT_ONCE = 4;

/** An object store as a location of files. It is not accessed before the first listing. */
export function objectFiles(options: ObjectFilesOptions): FileLocation {
  const { store, spool } = options;
  return {
    label: store.label,
    async list(globs, signal) {
      const found = new Map<string, ListedFile>();
      const matching = globsMatching(globs);
      await eachOf(listingsOf(globs, store.narrowing), LISTINGS_AT_ONCE, signal, async (listing, stop) => {
        for (const file of await listed(options, listing, stop)) {
          if (matching(file.name).length === 0) continue;
          found.set(file.name, file);
          if (found.size > FILES_MAX) throw tooManyFiles(store.label, globs);
        }
      });
      return [...found.values()].sort(byName);
    },
    async open(files, signal) {
      await using opening = new AsyncDisposableStack();
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const folder = opening.use(await spool.reserve(bytes, signal));
      const spooled = files.map((file, index) => ({ ...file, path: join(folder.path, spooledName(file.name, index)) }));
      await eachOf(spooled, FETCHES_AT_ONCE, signal, (file, stop) => fetchObject(options, file, file.path, stop));
      const kept = opening.move();
      return {
        files: spooled,
        // Fetched files do not change.
        requireUnchanged: async () => undefined,
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      };
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** All files of a listing. If a page fails, the listing is restarted. */
async function listed(options: ObjectFilesOptions, listing: Listing, signal: AbortSignal): Promise<ListedFile[]> {
  const { store, clock, idleTimeoutMs } = options;
  const file = store.narrowing === 'name' ? { name: listing.prefix } : null;
  return withRetries({
    clock,
    signal,
    attempt: async () => {
      const files: ListedFile[] = [];
      let pages = 0;
      const silence = new AbortController();
      const arm = () => clock.after(idleTimeoutMs, () => silence.abort());
      let timer = arm();
      try {
        for await (const page of store.list(listing, AbortSignal.any([signal, silence.signal]))) {
          timer[Symbol.dispose]();
          files.push(...page);
          pages += 1;
          if (files.length > LISTED_MAX || pages > PAGES_MAX) throw tooManyListed(store, listing);
          timer = arm();
        }
      } catch (error) {
        if (signal.aborted || !silence.signal.aborted) throw error;
        throw new UnexpectedAnswer(
          `nothing arrived for ${formatDuration(idleTimeoutMs)} (idle_timeout of the source)`,
          { cause: error },
        );
      } finally {
        timer[Symbol.dispose]();
      }
      return files;
    },
    failureOf: (error, tries) => storeFailure(store, error, file, tries),
    waitMsOf: (error) => store.troubleOf(error).waitMs,
    exhausted: (error) => {
      const { label, troubleOf } = store;
      const asked = file === null ? `${label} could not be listed` : `${file.name} in ${label} could not be looked up`;
      return new Failure('SOURCE_UNAVAILABLE', text`${safe(asked)}: ${troubleOf(error).what}.`, { place: label });
    },
  });
}

/** A listing may contain more files than match. */
const LISTED_MAX = 10 * FILES_MAX;
/** A full page has a thousand objects; pages may be empty. */
const PAGES_MAX = 10_000;

function tooManyListed({ label }: ObjectStore, { prefix }: Listing): Failure {
  return new Failure(
    'SOURCE_SHAPE',
    text`More than ${safe(LISTED_MAX)} objects (or ${safe(PAGES_MAX)} pages of listings) in ${safe(label)} match the prefix ${safe(JSON.stringify(prefix))}. Start the pattern in \`files\` with a longer fixed prefix.`,
    { place: label },
  );
}
