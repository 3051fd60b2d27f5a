// The content of a .zip with one file in it.

import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { listSome } from '../../../core/list-some.ts';
import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';

/** Enough to see that there are several. */
const ENTRIES_MAX = 1_000;
/** Files that Finder and Explorer add. */
const ADDED = /^__MACOSX\/|(?:^|\/)(?:\.DS_Store|Thumbs\.db)$/;

/** Every byte of the only file in the archive. @throws FileProblem or Error if there is no such file, or it is damaged. */
export async function* unzipped(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const archive = await openPromise(path, { lazyEntries: true, autoClose: false });
  try {
    const entry = onlyEntry(await entriesOf(archive, signal));
    let checksum = 0;
    for await (const chunk of await archive.openReadStreamPromise(entry)) {
      const bytes: Buffer = chunk;
      checksum = crc32(bytes, checksum);
      yield bytes;
    }
    if (checksum !== entry.crc32) throw new Error('its checksum does not match');
  } finally {
    archive.close();
  }
}

/** The files in an archive; of a large one, the first. */
async function entriesOf(archive: ZipFile, signal: AbortSignal): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (const entry of archive.eachEntry()) {
    signal.throwIfAborted();
    if (!entry.fileName.endsWith('/') && !ADDED.test(entry.fileName)) found.push(entry);
    if (found.length >= ENTRIES_MAX) break;
  }
  return found;
}

function onlyEntry(entries: readonly Entry[]): Entry {
  const [entry] = entries;
  if (entry === undefined) throw new FileProblem(text`it is an empty zip archive; expected one file`);
  if (entries.length > 1) {
    const names = listSome(entries.map(({ fileName }) => fileName));
    throw new FileProblem(
      text`it is a zip archive with ${safe(entries.length)} files (${names}); expected one file per archive`,
    );
  }
  if (entry.isEncrypted()) throw new FileProblem(text`it is an encrypted zip archive; write it without a password`);
  return entry;
}
