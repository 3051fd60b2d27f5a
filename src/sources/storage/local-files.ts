// A local folder as a location of files. Nothing outside of the folder is opened: symbolic links are resolved to their real
// path first.

import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Failure, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { byName, FILES_MAX, type FileLocation, type ListedFile, tooManyFiles } from './file-location.ts';
import { isGlob, segmentMatcher } from './file-pattern.ts';

/** The folder as a location of files. It is not accessed before the first listing. */
export function localFiles(folder: string): FileLocation {
  const location: FileLocation = {
    label: folder,
    async list(globs, signal) {
      await requireFolder(folder);
      const names = new Set<string>();
      for (const glob of globs) {
        for await (const name of matches(folder, '', glob.split('/'), signal)) names.add(name);
        if (names.size > FILES_MAX) throw tooManyFiles(folder, globs);
      }
      const listed: ListedFile[] = [];
      for (const name of names) {
        const file = await regularFile(folder, name);
        if (file !== null) listed.push({ name, ...file.listed });
      }
      return listed.sort(byName);
    },
    async open(listed) {
      const files = [];
      for (const file of listed) {
        const found = await regularFile(folder, file.name);
        if (found?.listed.identity !== file.identity) throw changed(folder, file.name);
        files.push({ ...file, path: found.path });
      }
      return {
        files,
        async requireUnchanged() {
          for (const { name, identity } of listed) {
            if ((await regularFile(folder, name))?.listed.identity !== identity) throw changed(folder, name);
          }
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return location;
}

/**
 * A missing folder is an error rather than an empty folder: more likely the URL has a typo, or the folder is not mounted.
 *
 * @throws Failure SOURCE_UNAVAILABLE.
 */
async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => absent(error, folder, '.'));
  if (found?.isDirectory()) return;
  const what = found === null ? 'does not exist' : 'is not a folder';
  throw new Failure(
    'SOURCE_UNAVAILABLE',
    text`The folder ${safe(folder)} ${safe(what)}. Check the URL of the source in millrace.yaml, and that the folder is mounted on this machine.`,
    { folder },
  );
}

/** The names below `folder/at` that match the segments. Missing folders are not an error. */
async function* matches(
  folder: string,
  at: string,
  segments: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  signal.throwIfAborted();
  if (segment === '**') {
    yield* matches(folder, at, rest, signal);
    for (const entry of await entries(folder, at)) {
      if (entry.isDirectory() && !/^[._]/.test(entry.name))
        yield* matches(folder, `${at}${entry.name}/`, segments, signal);
    }
    return;
  }
  const names = isGlob(segment) ? await matchingNames(folder, at, segment) : [segment];
  for (const name of names) {
    if (rest.length === 0) yield `${at}${name}`;
    else yield* matches(folder, `${at}${name}/`, rest, signal);
  }
}

async function matchingNames(folder: string, at: string, segment: string): Promise<string[]> {
  return (await entries(folder, at)).map(({ name }) => name).filter(segmentMatcher(segment));
}

async function entries(folder: string, at: string): Promise<Dirent[]> {
  try {
    return await readdir(join(folder, at), { withFileTypes: true });
  } catch (error) {
    return absent(error, folder, at) ?? [];
  }
}

type RegularFile = { readonly path: string; readonly listed: Omit<ListedFile, 'name'> };

/** The real path and the identity of a file; null if there is none, or it is a folder. */
async function regularFile(folder: string, name: string): Promise<RegularFile | null> {
  try {
    const root = await realpath(folder);
    const path = await realpath(join(folder, name));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
      throw denied(folder, name, 'points outside the folder');
    const stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) return null;
    if (!stats.isFile()) throw denied(folder, name, 'is not a regular file');
    return { path, listed: listedAs(stats) };
  } catch (error) {
    return absent(error, folder, name);
  }
}

function listedAs({ dev, ino, size, mtimeNs, ctimeNs, mtimeMs }: BigIntStats): Omit<ListedFile, 'name'> {
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join('.');
  // Device and inode numbers depend on the mount, and not every file system keeps nanoseconds.
  return { identity, version: `${size}.${mtimeMs}`, bytes: Number(size) };
}

/** Null for an error about a missing file. @throws Failure for any other error. */
function absent(error: unknown, folder: string, name: string): null {
  if (error instanceof Failure) throw error;
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  if (code === 'EACCES' || code === 'EPERM')
    throw denied(folder, name, 'cannot be read by the user that runs this process');
  throw new Failure(
    'SOURCE_UNAVAILABLE',
    text`${safe(folder)}/${safe(name)} cannot be read: ${wordsOf(error)}.`,
    { folder },
    error,
  );
}

function denied(folder: string, name: string, problem: string): Failure {
  return new Failure('SOURCE_DENIED', text`${safe(name)} in ${safe(folder)} ${safe(problem)}, so it is not read.`, {
    folder,
    file: name,
  });
}

function changed(folder: string, name: string): Failure {
  return new Failure(
    'FILE_CHANGED',
    text`${safe(name)} in ${safe(folder)} changed while it was being read; it will be read again.`,
    {
      folder,
      file: name,
    },
  );
}
