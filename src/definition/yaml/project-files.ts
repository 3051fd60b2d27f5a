// Finds the definition files of a project. Paths are relative to the project's folder, with forward slashes, sorted.

import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../core/failure.ts';
import { readInside } from '../../core/read-file.ts';
import type { Problem } from './problem.ts';
import { FILE_BYTES_MAX, fileProblem } from './yaml-file.ts';

const FILES_MAX = 10_000;

export type FoundFiles = { readonly files: readonly string[]; readonly problems: readonly Problem[] };

/** All `*.yaml` below features/. */
export function findViewFiles(folder: string): Promise<FoundFiles> {
  return find(folder, 'features');
}

/** All `*.yaml` in jobs/; files in its subfolders are problems. */
export function findJobFiles(folder: string): Promise<FoundFiles> {
  return findFlat(folder, 'jobs');
}

/** All `*.yaml` below tests/. */
export function findViewTestFiles(folder: string): Promise<FoundFiles> {
  return find(folder, 'tests');
}

/** All `*.yaml` in datasets/; files in its subfolders are problems. */
export function findDatasetFiles(folder: string): Promise<FoundFiles> {
  return findFlat(folder, 'datasets');
}

/** All `*.yaml` in services/; files in its subfolders are problems. */
export function findServiceFiles(folder: string): Promise<FoundFiles> {
  return findFlat(folder, 'services');
}

async function findFlat(folder: string, below: string): Promise<FoundFiles> {
  const found = await find(folder, below);
  const nested = found.files.filter((file) => file.split('/').length > 2);
  return {
    files: found.files.filter((file) => !nested.includes(file)),
    problems: [
      ...found.problems,
      ...nested.map((file) => fileProblem(file, `expected the file directly in ${below}/, not in a subfolder`)),
    ],
  };
}

/** Whether the folder has an entry of this name. */
export async function hasFile(folder: string, file: string): Promise<boolean> {
  return fs.stat(path.join(folder, file)).then(
    () => true,
    (thrown: unknown) => !isAbsent(thrown),
  );
}

/** The bytes of a regular file inside the folder, or the problem with reading it. */
export async function readBytes(folder: string, file: string): Promise<Uint8Array | Problem> {
  try {
    return await readInside(folder, file, { bytesMax: FILE_BYTES_MAX });
  } catch (thrown) {
    return fileProblem(file, `the file cannot be read: ${messageOf(thrown)}`);
  }
}

async function find(folder: string, below: string): Promise<FoundFiles> {
  const files: string[] = [];
  const problems: Problem[] = [];
  const folders = [below];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await entriesOf(folder, next, problems)) {
      // Hidden entries belong to other programs (editors, ..data of mounted volumes). Links to folders could lead anywhere.
      if (entry.name.startsWith('.')) continue;
      const file = `${next}/${entry.name}`;
      if (entry.isDirectory()) folders.push(file);
      else if (/\.yaml$/.test(entry.name)) files.push(file);
      else if (/\.ya?ml$/i.test(entry.name)) problems.push(fileProblem(file, 'expected the extension .yaml'));
    }
    if (files.length > FILES_MAX) return { files: [], problems: [fileProblem(below, `more than ${FILES_MAX} files`)] };
  }
  return { files: files.sort(), problems };
}

async function entriesOf(folder: string, below: string, problems: Problem[]): Promise<Dirent[]> {
  try {
    return await fs.readdir(path.join(folder, below), { withFileTypes: true });
  } catch (thrown) {
    if (!isAbsent(thrown)) problems.push(fileProblem(below, `the folder cannot be read: ${messageOf(thrown)}`));
    return [];
  }
}

/** Whether a file system error means that the file or folder does not exist. */
export function isAbsent(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
}
