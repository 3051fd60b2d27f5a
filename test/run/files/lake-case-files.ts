// The paths of the files of lake-cases/: a folder for each kind, with unique names.

import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'lake-cases');
const PATHS = new Map(globSync('*/*', { cwd: FOLDER }).map((path) => [basename(path), join(FOLDER, path)]));

/** The path of a file. @throws Error for an unknown name */
export function lakeCaseFile(name: string): string {
  const path = PATHS.get(name);
  if (path === undefined) throw new Error(`lake-cases/ has no file ${name}`);
  return path;
}
