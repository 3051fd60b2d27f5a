// Creating a new project: `millrace init`.

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Failure, messageOf } from '../core/failure.ts';
import { command, text, value } from '../core/message.ts';
import { IGNORED, projectFiles } from './files.ts';

/**
 * Writes a small project that is ready to run into `folder`, which is created if necessary. Returns the paths written,
 * relative to it, in order. Adds to an existing `.gitignore`; if any other file exists, nothing is written.
 *
 * @throws Failure ARGUMENT_INVALID if a file exists, or the folder is not writable.
 */
export async function initProject(folder: string): Promise<string[]> {
  const root = resolve(folder);
  const files = projectFiles(projectName(root), await schemasFrom(root));
  for (const path of Object.keys(files)) await requireAbsent(root, path);
  try {
    for (const [path, contents] of Object.entries(files)) await writeNew(join(root, path), contents);
    return [...Object.keys(files), ...(await addIgnored(root))];
  } catch (error) {
    throw new Failure('ARGUMENT_INVALID', `Cannot write to ${root}: ${messageOf(error)}.`, { folder: root }, error);
  }
}

async function requireAbsent(root: string, path: string): Promise<void> {
  if (!(await exists(join(root, path)))) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`${value(path)} already exists in ${value(root)}, and init never overwrites files: specify a new folder, as in "${command('millrace init my-features')}".`,
    { folder: root, file: path },
  );
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

async function writeNew(path: string, contents: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents, { flag: 'wx' });
}

/** Adds missing lines to .gitignore; returns its path if there were any. */
async function addIgnored(root: string): Promise<string[]> {
  const path = join(root, '.gitignore');
  const before = (await exists(path)) ? await readFile(path, 'utf8') : '';
  const known = before.split('\n').map((line) => line.trim());
  const absent = IGNORED.filter((line) => !known.includes(line));
  if (absent.length === 0) return [];
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  await writeFile(path, `${before}${gap}${absent.join('\n')}\n`);
  return ['.gitignore'];
}

/** `my_features` for a folder named `My features`. */
function projectName(root: string): string {
  const name = basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '');
  return name === '' ? 'features' : name.slice(0, 48);
}

/**
 * Where an editor finds the schemas, as a path from the project's folder: those of the running package if the project is in
 * its folder or the one it is installed in; otherwise those of a package installed above the project. Without either, the
 * URL of the running package's schemas, because a broken path makes an editor complain about every file.
 */
async function schemasFrom(root: string): Promise<string> {
  const packageFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
  const home = packageFolder.split(`${sep}node_modules${sep}`, 1)[0] ?? packageFolder;
  const pathTo = (folder: string) => relative(root, folder).replaceAll(sep, '/');
  if (root === home || root.startsWith(`${home}${sep}`)) return pathTo(join(packageFolder, 'schemas'));
  const installed = await schemasAbove(root);
  return installed === null ? pathToFileURL(join(packageFolder, 'schemas')).href : pathTo(installed);
}

/** The schemas of the nearest installed package, found as Node would; null if there is none. */
async function schemasAbove(folder: string): Promise<string | null> {
  const schemas = join(folder, 'node_modules', 'millrace', 'schemas');
  if (await exists(schemas)) return schemas;
  return dirname(folder) === folder ? null : schemasAbove(dirname(folder));
}
